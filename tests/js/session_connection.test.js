/** One audio session against a server that drops, refuses, falls silent and goes away. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { frameParse } from "../../static/js/protocol/frame.js";
import { RestProblem } from "../../static/js/session/rest.js";
import { begun, positions } from "./fake_session.js";

test("a dropped connection resumes with a fresh ticket and sends again from what is settled", async () => {
  const { around, speak, open, log } = begun();
  open();
  speak(10);
  around.last.say({ type: "segment", seq: 412, segment: {} });
  around.last.say({ type: "ack", received: 16_000, settled: 8_000, lag_ms: 1 });
  around.last.fail(1006);
  assert.deepEqual(log.phases, ["live", "waiting"]);
  await around.pass(300);
  assert.deepEqual(around.last.protocols, ["colloquy.v1", "ticket.ticket-1"]);
  open(8_000);
  assert.deepEqual(around.last.told("hello")[0].resume, { token: "token", after_seq: 412 });
  assert.equal(positions(around.last)[0], 8_000);
  assert.deepEqual(around.last.told("consent").length, 1, "nothing says that the first was stored");
});

test("waiting doubles from 250 ms to 5 s, and only an ack shortens it again", async () => {
  const { around, open, speak } = begun();
  const waits = [];
  for (let n = 0; n < 7; n += 1) {
    open();
    const nSockets = around.sockets.length;
    around.last.fail(1006);
    const before_ms = around.now_ms();
    while (around.sockets.length === nSockets) await around.pass(10);
    waits.push(around.now_ms() - before_ms);
  }
  assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  open();
  speak();
  around.last.say({ type: "ack", received: 1_600, settled: 0, lag_ms: 1 });
  const nSockets = around.sockets.length;
  around.last.fail(4503);
  await around.pass(250);
  assert.equal(around.sockets.length, nSockets + 1);
});

test("late callbacks of an old socket do nothing", async () => {
  const { around, open, log } = begun();
  open();
  const old = around.last;
  old.fail(1006);
  await around.pass(300);
  open();
  old.say({ type: "ended" });
  old.fail(4409);
  assert.equal(log.phases.at(-1), "live");
  assert.deepEqual(log.stopped, []);
});

for (const [code, action] of [[4400, "report"], [4413, "report"], [4403, "refused"], [4410, "refused"], [4451, "refused"], [4404, "new_session"], [4409, "superseded"]]) {
  test(`close code ${code} stops: ${action}`, async () => {
    const { around, open, log } = begun();
    open();
    around.last.fail(code);
    await around.pass(60_000);
    assert.deepEqual(log.stopped, [[action, code]]);
    assert.equal(around.sockets.length, 1);
  });
}

test("a refused ticket is replaced once; a second refusal in a row stops", async () => {
  const { around, log, open } = begun();
  around.last.fail(4401);
  await around.pass(1);
  assert.equal(around.last.protocols[1], "ticket.ticket-1");
  open();
  around.last.fail(4401);
  await around.pass(1);
  around.last.fail(4401);
  await around.pass(60_000);
  assert.deepEqual(log.stopped, [["new_ticket", 4401]]);
  assert.equal(around.sockets.length, 3);
});

test("a ticket that cannot be fetched now is asked for again, as late as the server asks", async () => {
  const { around, open, log } = begun({
    fetchTicket: (n) => {
      if (n === 1) throw new RestProblem(0, {}, 0);
      if (n === 2) throw new RestProblem(503, {}, 7_000);
      return "third";
    },
  });
  open();
  around.last.fail(1006);
  await around.pass(250 + 500);
  assert.equal(log.nTickets, 2);
  await around.pass(6_900);
  assert.equal(log.nTickets, 2);
  await around.pass(200);
  assert.equal(around.last.protocols[1], "ticket.third");
});

for (const [status, expected] of [[403, ["refused", 4403]], [404, ["new_session", 4404]], [410, ["refused", 4410]]]) {
  test(`a ticket refused for good (${status}) stops`, async () => {
    const { around, open, log } = begun({ fetchTicket: () => { throw new RestProblem(status, {}, 0); } });
    open();
    around.last.fail(1006);
    await around.pass(60_000);
    assert.deepEqual(log.stopped, [expected]);
  });
}

test("a silent connection is asked, and given up within two heartbeats", async () => {
  const { around, open, log } = begun();
  open();
  const quiet = around.last;
  await around.pass(10_000);
  assert.equal(quiet.told("ping").length, 1);
  await around.pass(10_000);
  assert.ok(quiet.isClosed);
  assert.equal(log.phases.at(-1), "waiting");
  await around.pass(1_000);
  assert.equal(around.sockets.length, 2);
});

test("a socket that never opens is given up as well, and is sent nothing", async () => {
  const { around } = begun();
  await around.pass(20_000);
  assert.ok(around.sockets[0].isClosed);
  assert.deepEqual(around.sockets[0].sent, []);
});

test("where timers are held back, captured sound keeps the session going", async () => {
  const { around, open, speak } = begun();
  open();
  speak();
  const quiet = around.last;
  for (let n = 0; n < 200; n += 1) {
    await around.passHeldBack(100);
    speak();
  }
  assert.ok(quiet.isClosed, "a half-open connection is noticed");
  for (let n = 0; n < 10; n += 1) {
    await around.passHeldBack(100);
    speak();
  }
  assert.equal(around.sockets.length, 2, "and the next attempt is made");
  open();
  for (let n = 0; n < 60; n += 1) {
    await around.passHeldBack(100);
    speak();
  }
  const sent = around.last.frames().map(frameParse).reduce((sum, { samples }) => sum + samples.length, 0);
  assert.equal(sent, 271 * 1_600, "and everything is sent");
});

test("a connection that answers is kept", async () => {
  const { around, open } = begun();
  open();
  for (let n = 0; n < 20; n += 1) {
    await around.pass(5_000);
    around.last.say({ type: "pong", t: 1 });
  }
  assert.equal(around.sockets.length, 1);
});

test("goaway: goes on sending, and is on another node before the deadline", async () => {
  const { around, open, speak, log } = begun();
  open();
  speak(4);
  const leaving = around.last;
  leaving.say({ type: "goaway", reason: "deploy", deadline_ms: 1_000 });
  await around.pass(400);
  speak(4);
  assert.deepEqual(positions(leaving).at(-1), 7 * 1_600);
  assert.equal(log.phases.at(-1), "live");
  await around.pass(150);
  assert.ok(leaving.isClosed);
  open(0);
  assert.deepEqual(positions(around.last)[0], 0, "what was not settled is sent again");
});
