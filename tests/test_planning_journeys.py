"""Whatever a person toggles, sends and stops: privacy holds, and nothing is lost or doubled.

Plays random journeys against a server small enough to be obviously right.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chat_tui.config import Chaining
from chat_tui.items import Place, RawItem, Record, user_message
from chat_tui.planning import Capabilities, Choices, Outcome, State, TurnPlan, plan_turn, settle

ON_RECORD = (Place.CONVERSATION, Place.CHAIN, Place.STOPPED)


def texts(items: list[RawItem]) -> list[str]:
    return [raw["content"][0]["text"] for raw in items]


@dataclass
class Server:
    """Keeps what it was given, and knows nothing else."""

    conversation: list[str] | None = None
    responses: dict[str, list[str]] = field(default_factory=dict)
    """What the model had seen at the end of each stored response."""

    def context(self, body: RawItem) -> list[str]:
        """What the model is given."""
        assert not ("conversation" in body and "previous_response_id" in body)
        before: list[str] = []
        if "conversation" in body:
            assert self.conversation is not None
            before = self.conversation
        elif "previous_response_id" in body:
            before = self.responses[body["previous_response_id"]]
        return [*before, *texts(body["input"])]

    def keep(self, body: RawItem, answer: str, response_id: str) -> None:
        """Take in a turn that ended."""
        if not body["store"]:
            return
        self.responses[response_id] = [*self.context(body), answer]
        if "conversation" in body:
            assert self.conversation is not None
            self.conversation = [*self.conversation, *texts(body["input"]), answer]


class Journeys(RuleBasedStateMachine):
    """One conversation and its person."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server()
        self.state = State()
        self.choices = Choices("demo")
        self.able = Capabilities()
        self.turns = 0
        self.private: list[str] = []
        self.public: list[str] = []

    @rule(chaining=st.sampled_from(Chaining))
    def choose_chaining(self, chaining: Chaining) -> None:
        self.choices = replace(self.choices, chaining=chaining)

    @rule()
    def toggle_store(self) -> None:
        self.choices = replace(self.choices, store=not self.choices.store)

    @precondition(lambda self: not self.state.conversation_id)
    @rule()
    def learn_that_there_are_no_conversations(self) -> None:
        self.able = Capabilities(conversations=False)

    @rule()
    def complete_a_turn(self) -> None:
        self.turn(kept=True, answered=True)

    @rule()
    def stop_a_turn_the_server_keeps(self) -> None:
        self.turn(kept=True, answered=True)

    @rule(answered=st.booleans())
    def stop_a_turn_the_server_forgets(self, answered: bool) -> None:
        self.turn(kept=False, answered=answered)

    @rule()
    def fail_before_anything_came(self) -> None:
        plan, _ = self.start()
        outcome = Outcome(kept=False, conversation_id=self.conversation_id)
        self.state = settle(self.state, plan, [], outcome)

    @property
    def conversation_id(self) -> str:
        return "conv_1" if self.server.conversation is not None else ""

    def start(self) -> tuple[TurnPlan, RawItem]:
        """Plan a turn and check what would be sent."""
        self.turns += 1
        question = f"question {self.turns}."
        plan = plan_turn(self.state, self.choices, self.able)
        assert not plan.needs_all
        seed = plan.seed(self.state)
        if plan.creates:
            assert self.server.conversation is None
            self.server.conversation = texts(seed)
        body = plan.request(
            self.state, self.choices, [user_message(question)], self.conversation_id
        )
        assert body["store"] is self.choices.store
        if self.choices.store:
            leaked = [text for text in self.private if text in json.dumps([seed, body])]
            assert not leaked
        else:
            assert not seed
            assert "conversation" not in body
        self.check_context(plan, self.server.context(body))
        return plan, body

    def check_context(self, plan: TurnPlan, context: list[str]) -> None:
        """The model sees nothing twice, and all it should."""
        assert len(context) == len(set(context))
        seen = [*ON_RECORD, *([] if plan.stored else [Place.PRIVATE])]
        if plan.chaining is Chaining.CONVERSATION and self.state.conversation_id:
            seen.remove(Place.CHAIN)
        if plan.chaining is Chaining.RESPONSE and self.state.response_id:
            # The chain decides; the stopped and, off the record, the private tail come on top.
            seen = [place for place in seen if place in (Place.STOPPED, Place.PRIVATE)]
            missing = set(texts([r.raw for r in self.state.placed(*seen)])) - set(context)
            assert not missing
        else:
            expected = texts([record.raw for record in self.state.placed(*seen)])
            assert context[:-1] == expected

    def turn(self, *, kept: bool, answered: bool) -> None:
        """Send a message and learn what became of it."""
        plan, body = self.start()
        number = self.turns
        question, answer = f"question {number}.", f"answer {number}."
        place = Place.PENDING if plan.stored else Place.PRIVATE
        records = [Record(user_message(question), place)]
        if answered:
            raw = {
                "type": "message",
                "id": f"msg_{number}",
                "role": "assistant",
                "content": [{"type": "output_text", "text": answer}],
            }
            records.append(Record(raw, plan.place))
        said = texts([record.raw for record in records])
        (self.public if plan.stored else self.private).extend(said)
        if kept:
            self.server.keep(body, answer, f"resp_{number}")
        self.state = replace(self.state, records=(*self.state.records, *records))
        outcome = Outcome(kept, f"resp_{number}" if kept else "", self.conversation_id)
        self.state = settle(self.state, plan, records, outcome)

    @invariant()
    def the_conversation_here_is_the_conversation_there(self) -> None:
        here = texts([record.raw for record in self.state.placed(Place.CONVERSATION)])
        assert here == (self.server.conversation or [])
        assert self.state.conversation_id == self.conversation_id

    @invariant()
    def the_server_never_holds_what_is_off_the_record(self) -> None:
        for held in (self.server.conversation or [], *self.server.responses.values()):
            assert not set(held) & set(self.private)

    @invariant()
    def everything_said_is_here_exactly_once(self) -> None:
        on = texts([record.raw for record in self.state.placed(*ON_RECORD)])
        off = texts([record.raw for record in self.state.placed(Place.PRIVATE)])
        assert sorted(on) == sorted(self.public)
        assert off == self.private
        assert not self.state.placed(Place.PENDING)


TestJourneys = Journeys.TestCase
TestJourneys.settings = settings(max_examples=120, stateful_step_count=20)
