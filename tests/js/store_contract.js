/**
 * What every store of kept sessions does: told against the real one in a browser and against the one of the unit tests, so
 * that what holds with the latter holds. Returns what was wrong, in words; imports nothing, since it is sent to a page.
 */
export async function storeContract(store) {
  const wrong = [];
  const check = (what, got, expected) => {
    if (JSON.stringify(got) !== JSON.stringify(expected)) wrong.push(`${what}: ${JSON.stringify(got)}`);
  };
  const record = (session_id, end) => ({ session_id, end, capturedAt_ms: end, meeting: "abc", consent: ["captions"] });
  const span = (start, more = {}) => ({ kind: "voiced", reason: "", start, end: start + 4, samples: Int16Array.of(start, -1, 2, 3), ...more });
  const write = (session_id, end, { settledBefore = 0, drops = [], puts = [] }) =>
    store.write({ record: record(session_id, end), settledBefore, drops, puts });
  const seen = async (id) => (await store.read(id))?.spans.map(({ kind, reason, start, end, samples }) => [kind, reason, start, end, samples && [...samples]]);

  check("an empty store", await store.sessions(), []);
  check("a stranger", await store.read("a"), null);
  await write("a", 12, { puts: [span(8), span(0), span(4)] });
  await write("b", 4, { puts: [span(0)] });
  check("records", (await store.sessions()).map(({ session_id, end }) => [session_id, end]).sort(), [["a", 12], ["b", 4]]);
  check("spans come in order", await seen("a"), [0, 4, 8].map((start) => ["voiced", "", start, start + 4, [start, -1, 2, 3]]));
  await write("a", 16, { settledBefore: 4, drops: [8], puts: [span(4, { kind: "lost", reason: "store_full", end: 12, samples: null })] });
  check("settled, dropped and changed", await seen("a"), [["lost", "store_full", 4, 12, null]]);
  check("the record follows", (await store.read("a")).record, record("a", 16));
  check("others are untouched", await seen("b"), [["voiced", "", 0, 4, [0, -1, 2, 3]]]);
  const first = write("b", 8, { puts: [span(4)] });
  const second = write("b", 12, { settledBefore: 8, puts: [span(8)] });
  await Promise.all([first, second]);
  check("writes apply in their order", [(await store.read("b")).record.end, await seen("b")], [12, [["voiced", "", 8, 12, [8, -1, 2, 3]]]]);
  const block = new Int16Array(new ArrayBuffer(16), 0, 2);
  const late = write("b", 16, { puts: [{ ...span(12), samples: block }] });
  block.fill(9);
  await late;
  check("samples are as they were when told", (await seen("b")).at(-1)[4], [0, 0]);
  await store.remove("a");
  check("a session that is over", await store.read("a"), null);
  await write("a", 4, { puts: [] });
  check("leaves no spans behind", await seen("a"), []);
  await Promise.all([store.remove("a"), store.remove("b"), store.remove("never there")]);
  check("nothing is left", await store.sessions(), []);
  return wrong;
}
