-- The policy of policy.yaml in Envoy's Lua filter. Nothing here counts: the Lua filter has no stats of its own.
local EXPERIMENT = "checkout-2026-11"
local FULL = false

-- djb2, salted by the experiment: one multiplication and one addition a byte, exact in a double.
local function draw(key)
  local hash = 5381
  local salted = EXPERIMENT .. key
  for i = 1, #salted do
    hash = (hash * 33 + string.byte(salted, i)) % 4294967296
  end
  return hash % 10000
end

local function choose(headers)
  if headers:get("x-env") == "canary" then
    return "canary"
  end
  local device = headers:get("x-device")
  if device and string.sub(device, 1, 3) == "ios" then
    return "canary"
  end
  local tenant = headers:get("x-tenant")
  if tenant and string.sub(tenant, -5) == "-beta" then
    return "canary"
  end
  local key = headers:get("x-user-id")
  local bucket = key and draw(key) or math.random(0, 9999)
  return bucket < 9000 and "stable" or "canary"
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local subset = choose(headers)
  -- Leaves one line: what the client sent in it is gone.
  headers:replace("x-sluice-subset", subset)
  if FULL then
    -- The rest of what the canary filter does for each request, as far as Lua can: a look for a policy of the route, the
    -- subset where access logs find it, and no client's own member in the baggage.
    local of_route = handle:metadata():get("subsets")
    handle:streamInfo():dynamicMetadata():set("sluice.canary", "subset", subset)
    local baggage = headers:get("baggage")
    if of_route or (baggage and string.find(baggage, "sluice-subset", 1, true)) then
      handle:logErr("not measured here")
    end
  end
end
