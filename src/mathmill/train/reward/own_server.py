"""The process in which a user's reward runs: `python -m mathmill.train.reward.own_server NAME`.

It is asked on standard input and answers on standard output; what the function prints goes to standard error. It ends
when its standard input does, also in the middle of a call.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.data.problem_rows import Problem
from mathmill.eval.proof.messages import receive, send
from mathmill.train.reward.own import call_own, load_own


def main(name: str) -> None:
    """Serve until nobody asks any more."""
    requests, replies = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # a function that reads its input finds none
    threading.Thread(target=_end_with, args=(requests,), daemon=True).start()
    try:
        function = load_own(name)
    except ConfigError as error:
        send(replies, {"error": str(error)})
        return
    send(replies, {"ready": os.getpid()})
    while (request := receive(requests)) is not None:
        reply: dict[str, Any]
        try:
            reply = {"reward": call_own(name, function, Problem(**request["problem"]), request["completion"])}
        except ConfigError as error:
            reply = {"error": str(error)}
        send(replies, reply)


def _end_with(pipe: int) -> None:
    """End this process once nobody holds the other end of a pipe."""
    poll = select.poll()
    poll.register(pipe, 0)  # hang-ups only
    poll.poll()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
