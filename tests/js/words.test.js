import assert from "node:assert/strict";
import { test } from "node:test";

import { levelOf } from "../../static/js/audio/level.js";
import { clockWords } from "../../static/js/captions/clock_words.js";
import { closeAction } from "../../static/js/protocol/close_codes.js";
import { messageParse } from "../../static/js/protocol/messages.js";
import { connectionWords } from "../../static/js/session/connection_words.js";
import { socketAddress } from "../../static/js/session/socket_address.js";

test("the connection is told in words", () => {
  assert.equal(connectionWords("live", 900).words, "Connected");
  assert.equal(connectionWords("live", null).words, "Connected, captions only");
  assert.equal(connectionWords("waiting", 12_300).words, "Reconnecting; your last 12 seconds are safe");
  assert.equal(connectionWords("waiting", 1_200).words, "Reconnecting; your last second is safe");
  assert.equal(connectionWords("waiting", 180_000).words, "Reconnecting; your last 3 minutes are safe");
  assert.equal(connectionWords("ending", 8_000).words, "Sending your last 8 seconds…");
});

test("codes that a newer server made up are met like their neighbours", () => {
  assert.equal(closeAction(4499), "refused");
  assert.equal(closeAction(4599), "retry");
  assert.equal(closeAction(1012), "retry");
});

test("unknown messages are ignored", () => {
  assert.equal(messageParse('{"type":"from the future"}'), null);
  assert.equal(messageParse('{"type":"ack","received":1,"settled":0,"lag_ms":2,"more":true}')?.type, "ack");
});

test("meeting time is read as minutes and seconds", () => {
  assert.deepEqual([0, 61_999, 3_599_000, 3_723_000].map(clockWords), ["0:00", "1:01", "59:59", "1:02:03"]);
});

test("the meter spans from silence to full scale", () => {
  assert.equal(levelOf(new Float32Array(64)), 0);
  assert.equal(levelOf(new Float32Array(64).fill(1)), 1);
  assert.ok(Math.abs(levelOf(new Float32Array(64).fill(0.0316228)) - 0.5) < 0.001);
});

test("a page over TLS opens its sockets over TLS", () => {
  assert.equal(socketAddress("ws://host/ws/v1/audio", "https://host/m/x/").href, "wss://host/ws/v1/audio");
  assert.equal(socketAddress("/ws/v1/audio", "http://host:8000/m/x/").href, "ws://host:8000/ws/v1/audio");
});
