use e2e::{Bootstrap, Request, Stack};

e2e::tests![serves];

async fn serves() {
    let stack = Stack::start(Bootstrap::canary()).await;
    let answer = stack.send(Request::get("/x")).await;
    println!("{:?}", answer.report());
    assert_eq!(stack.v1.hits().await, 1);
}
