"""What one node runs: its recognizers, rooms and feeds. Started before the port opens, stopped when it closes."""

import asyncio
import logging
import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings

from meetings.api.live_feeds import live_feeds_set
from meetings.capacity import capacity_gate_set
from meetings.recordings.storage import recording_storage
from streaming import metrics
from streaming.admission import Admission
from streaming.broadcast import Broadcast
from streaming.clocks import Clock, SystemClock
from streaming.conditions import Conditions
from streaming.conversation import Conversation
from streaming.drain import drain
from streaming.errors import Unavailable
from streaming.feed_rights import FeedRights
from streaming.health import RecognitionHealth
from streaming.housekeeping import Housekeeping
from streaming.http_feeds import HttpFeeds
from streaming.layer_groups import ChannelLayer
from streaming.load import HearAgain
from streaming.node_readings import NodeReadings
from streaming.observer import NodeObserver
from streaming.recognizers.pool import RecognizerPool
from streaming.recording_shelf import RecordingMeans, StorageShelf
from streaming.rooms import Rooms
from streaming.scheduler import Scheduler
from streaming.speech_models.store import models_ensure
from streaming.store import Store
from streaming.surroundings import LinkMade, Surroundings
from streaming.vad import SileroDetector
from streaming.voice_link import VoiceLink

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    node: str
    clock: Clock
    store: Store
    pool: RecognizerPool
    scheduler: Scheduler
    health: RecognitionHealth
    admission: Admission
    conditions: Conditions
    broadcast: Broadcast
    feed_rights: FeedRights
    shelf: StorageShelf
    rooms: Rooms
    housekeeping: Housekeeping

    @property
    def is_ready(self) -> bool:
        """New work may be sent here: speech is transcribed, and the node is not about to stop."""
        return self.health.is_ok and self.pool.n_ready > 0 and not self.conditions.is_going


_runtime: Runtime | None = None


def runtime() -> Runtime:
    """The running node. Raises RuntimeError in a process that serves no sockets."""
    if _runtime is None:
        raise RuntimeError("the node is not started")
    return _runtime


async def pool_of_settings() -> RecognizerPool:
    """The recognizers that the settings ask for, not started yet. Raises RecognizerError: no model."""
    models = await asyncio.to_thread(
        models_ensure,
        settings.SPEECH_MODELS,
        directory=Path(settings.SPEECH_MODEL_DIR) if settings.SPEECH_MODEL_DIR else None,
        cache=settings.DATA_DIR / "models",
    )
    return RecognizerPool(*models, n_processes=settings.RECOGNIZER_PROCESSES)


async def runtime_start() -> Runtime:
    """Raises RecognizerError: no model, or no recognizer process that works."""
    global _runtime
    pool = await pool_of_settings()
    await pool.start()
    _runtime = _assemble(pool)
    audio_s, took_s = await pool.measure()
    _runtime.admission.note_decoded(audio_s=audio_s, took_s=took_s)
    capacity_gate_set(_runtime.admission)
    metrics_of(_runtime)
    _runtime.scheduler.start()
    _runtime.broadcast.start()
    _runtime.feed_rights.start()
    feeds = HttpFeeds(broadcast=_runtime.broadcast, rights=_runtime.feed_rights, conditions=_runtime.conditions)
    live_feeds_set(feeds)
    _runtime.health.start()
    _runtime.housekeeping.start()
    return _runtime


def _assemble(pool: RecognizerPool) -> Runtime:
    clock, store, conditions, shelf = SystemClock(), Store(), Conditions(), StorageShelf(recording_storage())
    node, layer = _node_name(), get_channel_layer()
    observer = NodeObserver(conditions=conditions)
    scheduler = Scheduler(pool=pool, clock=clock, observer=observer, hear_again=HearAgain(settings.HEAR_AGAIN))
    health = RecognitionHealth(pool=pool, clock=clock, on_change=conditions.recognizing)
    admission = Admission(
        n_recognizers=pool.n_processes,
        clock=clock.monotonic_s,
        wait_s=lambda: scheduler.final_wait_s,
        is_slowed=lambda: scheduler.is_slowest,
    )
    observer.health, observer.admission = health, admission
    broadcast = _broadcast(store, layer)
    around = Surroundings(
        store=store,
        scheduler=scheduler,
        publish=broadcast.publish,
        clock=clock,
        detector=SileroDetector,
        update_every_x=pool.update_every_x,
        link=_voice_links(layer, node=node, clock=clock),
        recording=RecordingMeans(shelf=shelf, store=store),
    )
    rooms = Rooms(around=around, store=store)
    return Runtime(
        node=node,
        clock=clock,
        store=store,
        pool=pool,
        scheduler=scheduler,
        health=health,
        admission=admission,
        conditions=conditions,
        broadcast=broadcast,
        feed_rights=FeedRights(store=store, layer=layer),
        shelf=shelf,
        rooms=rooms,
        housekeeping=Housekeeping(node=node, store=store, rooms=rooms, reading=NodeReadings(metrics.REGISTRY).take),
    )


def _node_name() -> str:
    """One that no earlier process had: what that one left open is not this one's."""
    return f"{settings.NODE_NAME}-{secrets.token_hex(4)}"


def _broadcast(store: Store, layer: ChannelLayer) -> Broadcast:
    """Rooms come later than what they are told of."""
    return Broadcast(
        log=store,
        layer=layer,
        on_superseded=lambda *which: runtime().rooms.supersede(*which),
        on_event=lambda *what: runtime().rooms.heard(*what),
        on_flush=lambda session_id: runtime().rooms.flush(session_id),
    )


def _voice_links(layer: ChannelLayer, *, node: str, clock: Clock) -> LinkMade | None:
    """None where no other node could hold a part of a room."""
    if isinstance(layer, InMemoryChannelLayer):
        return None

    def link(meeting_id: UUID, conversation: Conversation) -> VoiceLink:
        return VoiceLink(meeting_id, node=node, layer=layer, conversation=conversation, clock=clock)

    return link


async def runtime_stop() -> None:
    """What is not settled stays with the clients, which resume on another node or on this one's successor."""
    global _runtime
    if (running := _runtime) is None:
        return
    running.admission.close()
    live_feeds_set(None)
    await drain(conditions=running.conditions, rooms=running.rooms)
    await running.housekeeping.close()
    await running.health.close()
    await running.rooms.close()
    await running.feed_rights.close()
    await running.broadcast.close()
    await running.scheduler.close()
    await running.pool.close()
    try:
        await running.store.node_sessions_detach(running.node)
    except Unavailable:
        logger.warning("open sessions could not be marked as detached; they will be found by their silent node")
    running.shelf.close()
    running.store.close()
    capacity_gate_set(None)
    _runtime = None


def metrics_of(running: Runtime) -> None:
    """Gauges are read when they are asked for."""
    metrics.SESSIONS.set_function(lambda: running.rooms.n_sessions)
    metrics.SOCKETS.set_function(lambda: running.conditions.n_sockets)
    metrics.FINALS_WAITING.set_function(lambda: running.scheduler.n_finals_waiting)
    metrics.PARTIALS_SHED.set_function(lambda: running.scheduler.n_partials_shed)
    metrics.BUSY.set_function(running.admission.busy)
    metrics.JOINS_REFUSED.set_function(lambda: running.admission.n_refused)
    metrics.RECOGNIZERS_READY.set_function(lambda: running.pool.n_ready)
    metrics.RECOGNIZER_RESTARTS.set_function(lambda: running.pool.n_restarts)
    metrics.RECOGNITION_OK.set_function(lambda: float(running.health.is_ok))
