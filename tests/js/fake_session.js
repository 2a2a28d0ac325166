/** An audio session in surroundings that a test controls, and a record of what it tells its page. */

import { frameParse } from "../../static/js/protocol/frame.js";
import { AudioRing } from "../../static/js/session/audio_ring.js";
import { AudioSession } from "../../static/js/session/audio_session.js";
import { FakeSurroundings } from "./fake_surroundings.js";

export const ADMISSION = { participant_id: "p", session_id: "s", ticket: "first", resume_token: "token", ws_url: "/ws/v1/audio" };
const LIMITS = { frame_ms: [20, 200], max_frame_bytes: 16_384, unsettled_max_ms: 60_000, catchup_x: 8 };
const welcome = (settled, more = {}) => ({
  type: "welcome", session_id: "s", participant_id: "p", resumed: settled > 0, settled, resume_token: "token",
  after_seq: 0, heartbeat_ms: 10_000, limits: LIMITS, consent: [], ...more,
});

export function begun({ fetchTicket, ticket = "first", ring = new AudioRing(), isListening = false } = {}) {
  const around = new FakeSurroundings();
  const log = { phases: [], stopped: [], messages: [], nTickets: 0, heard: [] };
  const session = new AudioSession({
    key: ADMISSION,
    ticket,
    ring,
    captions: "all",
    isListening,
    consent: ["captions", "transcript"],
    pageUrl: "https://example.org/m/x/",
    fetchTicket: async () => {
      log.nTickets += 1;
      return fetchTicket ? fetchTicket(log.nTickets) : `ticket-${log.nTickets}`;
    },
    listener: {
      onMessage: (message) => log.messages.push(message.type),
      onAudio: (frame) => log.heard.push(frame),
      onPhase: (phase) => log.phases.push(phase),
      onStopped: (action, code) => log.stopped.push([action, code]),
    },
    around,
  });
  session.start();
  const speak = (n = 1) => {
    for (let i = 0; i < n; i += 1) {
      ring.append("voiced", 1_600, new Int16Array(1_600));
      session.pump();
    }
  };
  const open = (settled = 0, more = {}) => {
    around.last.open();
    around.last.say(welcome(settled, more));
  };
  return { around, ring, session, log, speak, open };
}

/** Where in the capture each frame begins that was sent. */
export const positions = (socket) => socket.frames().map((frame) => frameParse(frame).position);
