//! The callbacks that a module exports: only those that the filter uses, because Envoy calls every one it finds.

/// Exports a [`Filter`](crate::Filter) with the callbacks that it uses, beyond those that every filter needs
/// (context creation, configuration, request headers).
///
/// ```ignore
/// filter_shell::export!(Canary: response_headers, tick, http_call_response);
/// ```
#[macro_export]
macro_rules! export {
    ($filter:ty $(: $($callback:ident),+)?) => {
        mod exports {
            #![allow(unsafe_code, reason = "the host finds callbacks by their names")]
            use super::*;

            thread_local! {
                static VM: $crate::Vm<$filter> = $crate::Vm::default();
            }

            #[cfg(target_arch = "wasm32")]
            unsafe extern "C" {
                fn __wasm_call_ctors();
            }

            #[cfg(target_arch = "wasm32")]
            #[unsafe(no_mangle)]
            extern "C" fn _initialize() {
                // SAFETY: the linker's own function; the host calls this once, before anything else. With this
                // export it is not called again at every other one.
                unsafe { __wasm_call_ctors() };
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_abi_version_0_2_1() {}

            #[cfg(target_arch = "wasm32")]
            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_memory_allocate(length: usize) -> *mut u8 {
                $crate::host::allocate(length)
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_context_create(context: u32, parent: u32) {
                VM.with(|vm| vm.on_context_create(context, parent));
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_configure(root: u32, size: usize) -> u32 {
                VM.with(|vm| vm.on_configure(root, size).into())
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_on_request_headers(stream: u32, _fields: u32, _end: u32) -> u32 {
                VM.with(|vm| vm.on_request_headers(stream)) as u32
            }

            $($($crate::export_callback!($callback);)+)?
        }
    };
}

/// One optional callback of [`export!`].
#[doc(hidden)]
#[macro_export]
macro_rules! export_callback {
    (response_headers) => {
        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_response_headers(stream: u32, _fields: u32, _end: u32) -> u32 {
            VM.with(|vm| vm.on_response_headers(stream)) as u32
        }
    };
    (stream_end) => {
        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_delete(stream: u32) {
            VM.with(|vm| vm.on_stream_end(stream));
        }
    };
    (tick) => {
        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_tick(root: u32) {
            VM.with(|vm| vm.on_tick(root));
        }
    };
    (http_call_response) => {
        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_http_call_response(
            root: u32,
            token: u32,
            fields: u32,
            body: usize,
            _trailers: u32,
        ) {
            VM.with(|vm| vm.on_http_call_response(root, token, fields, body));
        }
    };
    (grpc) => {
        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_grpc_receive(_context: u32, token: u32, size: usize) {
            VM.with(|vm| vm.on_grpc_receive(token, size));
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_grpc_close(_context: u32, token: u32, status: u32) {
            VM.with(|vm| vm.on_grpc_close(token, status));
        }
    };
}
