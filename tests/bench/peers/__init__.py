"""Those who are compared. Each lives on a Ground of its own."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from ground import Ground
from servers import Server


class Peer(ABC):
    """A program behind nginx that answers what a shop's payment edge is asked."""

    name: str

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    @abstractmethod
    def start(self) -> None:
        """All of it, nginx too."""

    @property
    @abstractmethod
    def server(self) -> Server: ...

    @abstractmethod
    def pids(self) -> Sequence[int]:
        """Its processes."""

    def slow_notifications(self, count: int, delay_ms: int) -> int:
        """How many of `count` it can be asked to settle while the gateway takes its time."""
        return count
