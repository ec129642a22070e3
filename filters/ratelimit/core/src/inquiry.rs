//! Asks rate limit services about a request that stands still: one call for all limits of one service and domain, one
//! call after the other.

use crate::demand::Demand;
use crate::descriptor::{self, Entries};
use crate::global::Global;
use crate::held::held;
use crate::outcome::{Company, Style};
use crate::rls::question;
use crate::service;
use crate::spend::{give_back, worst};
use filter_api::{Answer, Call, Decision, GrpcCall, Held, Pending, RequestHead, SharedData, Slot};
use std::rc::Rc;
use std::time::Duration;

/// What a request wants of services, while it wants something of each in turn.
struct Inquiry {
    style: Style,
    groups: Rc<[Group]>,
    /// The one that is asked now.
    turn: usize,
    /// Places among the requests in flight.
    held: Option<Held>,
    rest: Slot<Option<(Vec<Demand>, Company)>>,
}

/// Limits that one call asks about.
struct Group {
    global: Rc<Global>,
    /// The shortest of all.
    timeout: Duration,
    /// Places of the limits.
    members: Vec<usize>,
    message: Vec<u8>,
}

/// Asks about a request that all limits of this proxy have let pass, and that has taken what it wants of them.
/// `Err`: there is nobody to ask.
pub(crate) fn inquire(
    style: &Style,
    mut demands: Vec<Demand>,
    company: Company,
    request: &impl RequestHead,
) -> Result<Decision<'static>, (Vec<Demand>, Company)> {
    let groups = groups(&demands, request);
    if groups.is_empty() {
        return Err((demands, company));
    }
    let held = held(demands.iter_mut().filter_map(Demand::take_place).collect());
    let rest = Slot::new(Some((demands, company)));
    let inquiry = Inquiry { style: style.clone(), groups: groups.into(), turn: 0, held, rest };
    Ok(Decision::Call(Call(Rc::new(inquiry))))
}

fn groups(demands: &[Demand], request: &impl RequestHead) -> Vec<Group> {
    let mut groups: Vec<(Group, Vec<Entries>)> = Vec::new();
    for (place, demand) in demands.iter().enumerate() {
        let Some(global) = demand.open() else { continue };
        let descriptor = descriptor::entries(global, demand.limit.keys(), request);
        let same = |(group, _): &&mut (Group, _)| {
            group.global.cluster == global.cluster && group.global.domain == global.domain
        };
        if let Some((group, descriptors)) = groups.iter_mut().find(same) {
            group.timeout = group.timeout.min(global.timeout);
            group.members.push(place);
            descriptors.push(descriptor);
            continue;
        }
        let timeout = global.timeout;
        let group = Group { global: Rc::clone(global), timeout, members: vec![place], message: Vec::new() };
        groups.push((group, vec![descriptor]));
    }
    let finish = |(group, descriptors): (Group, Vec<Entries>)| {
        let Group { global, .. } = &group;
        Group { message: question(&global.domain, &descriptors, 1), ..group }
    };
    groups.into_iter().map(finish).collect()
}

impl Pending for Inquiry {
    fn call(&self) -> GrpcCall<'_> {
        match self.groups.get(self.turn) {
            Some(Group { global, timeout, message, .. }) => service::call(global, *timeout, message),
            // There is one for every turn.
            None => GrpcCall { cluster: "", service: "", method: "", message: &[], timeout: Duration::ZERO },
        }
    }

    /// Said once; the shell keeps it from then on.
    fn held(&self) -> Option<Held> {
        self.held.clone().filter(|_| self.turn == 0)
    }

    fn on(&self, answer: Answer, _: &dyn RequestHead, shared: &dyn SharedData) -> Decision<'static> {
        let rest = self.rest.with(Option::take).flatten();
        let (Some((mut demands, mut company)), Some(group)) = (rest, self.groups.get(self.turn)) else {
            return Decision::Continue(filter_api::Effects::default());
        };
        group.hear(&answer, &mut demands, &mut company, shared);
        if let Some(refused) = worst(&demands) {
            let has = |(place, demand): (usize, &Demand)| demand.refusal().is_none().then_some(place);
            let taken: Vec<usize> = demands.iter().enumerate().filter_map(has).collect();
            give_back(&mut demands, &taken, shared);
            if let Some(Held(held)) = &self.held {
                held.give_back(shared);
            }
            return self.style.refuse(&demands, refused, company.counters, shared);
        }
        let turn = self.turn.saturating_add(1);
        if turn == self.groups.len() {
            return self.style.admit(demands, company, shared);
        }
        let (groups, held) = (Rc::clone(&self.groups), self.held.clone());
        let rest = Slot::new(Some((demands, company)));
        Decision::Call(Call(Rc::new(Self { style: self.style.clone(), groups, turn, held, rest })))
    }
}

impl Group {
    /// Tells each limit what was said about it.
    fn hear(&self, answer: &Answer, demands: &mut [Demand], company: &mut Company, shared: &dyn SharedData) {
        let heard = service::hear(answer);
        let counters = &mut company.counters;
        for (index, place) in self.members.iter().enumerate() {
            let Some(demand) = demands.get_mut(*place) else { continue };
            match &heard {
                Ok(answer) => demand.hear(answer.status(index, self.members.len())),
                Err(cause) => {
                    counters.extend(demand.limit.counters.service.map(|service| service.failure(*cause)));
                    demand.fail(shared, counters);
                }
            }
        }
    }
}
