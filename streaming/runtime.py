"""What one node runs: its recognizers, rooms and feeds. Started before the port opens, stopped when it closes."""

import asyncio
import logging
import secrets
from dataclasses import dataclass
from pathlib import Path

from channels.layers import get_channel_layer
from django.conf import settings

from streaming.broadcast import Broadcast
from streaming.clocks import Clock, SystemClock
from streaming.errors import Unavailable
from streaming.pipeline import Surroundings
from streaming.recognizers.pool import RecognizerPool
from streaming.rooms import Rooms
from streaming.scheduler import Scheduler
from streaming.speech_models.store import model_ensure
from streaming.store import Store
from streaming.tasks import TaskScope
from streaming.vad import SileroDetector

logger = logging.getLogger(__name__)

HEARTBEAT_EVERY_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    node: str
    clock: Clock
    store: Store
    pool: RecognizerPool
    scheduler: Scheduler
    broadcast: Broadcast
    rooms: Rooms
    scope: TaskScope


_runtime: Runtime | None = None


def runtime() -> Runtime:
    """The running node. Raises RuntimeError in a process that serves no sockets."""
    if _runtime is None:
        raise RuntimeError("the node is not started")
    return _runtime


async def pool_of_settings() -> RecognizerPool:
    """The recognizers that the settings ask for, not started yet. Raises RecognizerError: no model."""
    model = await asyncio.to_thread(
        model_ensure,
        name=settings.SPEECH_MODEL,
        directory=Path(settings.SPEECH_MODEL_DIR) if settings.SPEECH_MODEL_DIR else None,
        cache=settings.DATA_DIR / "models",
    )
    return RecognizerPool(model, n_processes=settings.RECOGNIZER_PROCESSES)


async def runtime_start() -> Runtime:
    """Raises RecognizerError: no model, or no recognizer process that works."""
    global _runtime
    clock, store = SystemClock(), Store()
    pool = await pool_of_settings()
    await pool.start()
    scheduler = Scheduler(pool=pool, clock=clock)
    scheduler.start()
    broadcast = Broadcast(
        log=store, layer=get_channel_layer(), on_superseded=lambda *which: runtime().rooms.supersede(*which)
    )
    broadcast.start()
    around = Surroundings(
        store=store,
        scheduler=scheduler,
        publish=broadcast.publish,
        clock=clock,
        detector=SileroDetector,
        engine=pool.engine,
    )
    _runtime = Runtime(
        # A name that no earlier process had: what that one left open is not this one's.
        node=f"{settings.NODE_NAME}-{secrets.token_hex(4)}",
        clock=clock,
        store=store,
        pool=pool,
        scheduler=scheduler,
        broadcast=broadcast,
        rooms=Rooms(around=around, store=store),
        scope=TaskScope("node"),
    )
    _runtime.scope.spawn(_heartbeat(_runtime), name="heartbeat")
    return _runtime


async def runtime_stop() -> None:
    """What is not settled stays with the clients, which resume on another node or on this one's successor."""
    global _runtime
    if (running := _runtime) is None:
        return
    await running.rooms.close()
    await running.broadcast.close()
    await running.scheduler.close()
    await running.pool.close()
    await running.scope.close()
    try:
        await running.store.node_sessions_detach(running.node)
    except Unavailable:
        logger.warning("open sessions could not be marked as detached; they will be found by their silent node")
    running.store.close()
    _runtime = None


async def _heartbeat(running: Runtime) -> None:
    """Tell the database that this node lives; sessions of a node that stopped telling are finalized by others."""
    while True:
        try:
            await running.store.node_heartbeat(running.node)
        except Exception:
            logger.warning("the node's heartbeat could not be stored", exc_info=True)
        running.rooms.sweep()
        await asyncio.sleep(HEARTBEAT_EVERY_S)
