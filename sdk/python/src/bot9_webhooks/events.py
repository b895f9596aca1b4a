# Code generated from the event catalog by sdk/go/internal/generate. DO NOT EDIT.
"""The events of the catalog as types."""

from typing import Any, Callable, Dict, List, Literal, Optional, Protocol, TypedDict, TypeVar, Union, overload


class Request(TypedDict):
    """Request: what was sent; secrets are masked."""

    # The HTTP method
    method: str
    # Where to; credentials, values of the query and what looks like a token are masked
    url: str
    # The headers of the action, their values masked
    headers: Dict[str, str]
    # The body, up to 2,000 characters; values that look like secrets are masked. Empty if there was none
    body: str


class Response(TypedDict):
    """Response: what came back."""

    # The HTTP status; 0 if there was no response
    status: int
    # The body, up to 2,000 characters; values that look like secrets are masked
    body: str


class ActionExecutedData(TypedDict):
    """ActionExecutedData is the data of actionExecuted: a custom action was executed. It is sent right
    after the action's server answered 2xx, before the reply that it was executed for.
    """

    # The chatbot that it happened in
    chatbotId: str
    # The action
    actionId: str
    # What the action is called
    name: str
    # The end user's message that led to it
    messageId: str
    # How long it took
    milliseconds: int
    # What was sent; secrets are masked
    request: Request
    # What came back
    response: Response


class ActionFailedData(TypedDict):
    """ActionFailedData is the data of actionFailed: a custom action was tried, and failed. It is sent
    right after the action's server answered anything but 2xx, or nothing in time.
    """

    # The chatbot that it happened in
    chatbotId: str
    # The action
    actionId: str
    # What the action is called
    name: str
    # The end user's message that led to it
    messageId: str
    # How long it took
    milliseconds: int
    # What was sent; secrets are masked
    request: Request
    # What came back
    response: Response
    # What went wrong, in words
    error: str


class AgentAssignedData(TypedDict):
    """AgentAssignedData is the data of agentAssigned: a human took over. It is sent when an agent was
    assigned, also in place of another one.
    """

    # The chatbot that it happened in
    chatbotId: str
    # The agent, in the integrator's own words
    agentId: str
    # How the agent is called; empty if unknown
    agentName: str


class _AnswerNotFoundDataRequired(TypedDict):
    # The text
    message: str
    # The end user's external ID where there is one, else their ID
    sender: str
    # The chatbot that it happened in
    chatbotId: str
    # The message
    messageId: str
    # Who said it
    senderType: Literal["user", "bot", "humanagent", "system"]
    # The channel that the conversation came through
    source: str
    # How well the best passage fitted, from 0 to 1
    topScore: float


class AnswerNotFoundData(_AnswerNotFoundDataRequired, total=False):
    """AnswerNotFoundData is the data of answerNotFound: the bot had no answer above its threshold. It
    is sent before the messageSent of the reply that says so.
    """

    # The integrator's own name for the session; null if none was given
    externalSessionId: Optional[str]


class ApiKeyRotatedData(TypedDict):
    """ApiKeyRotatedData is the data of apiKeyRotated: an API key was rotated. It is sent when a key
    got a new secret.
    """

    # The chatbot that it happened in
    chatbotId: str
    # The key
    keyId: str
    # Until when the old secret stays valid
    graceUntil: str


class Actor(TypedDict):
    """Actor: who did it, and from where."""

    # What sort of caller
    type: Literal["member", "key", "visitor", "link", "operator", "anonymous", "system"]
    # The member's, key's or link's ID; empty where there is none
    id: str
    # The name at that time
    name: str
    # The IP address that the call came from; empty inside the server
    ip: str


class AuditRecordedData(TypedDict):
    """AuditRecordedData is the data of auditRecorded: somebody did something that the account's audit
    log records. It is sent with every record of the audit log, in the transaction of the change
    itself. Only a webhook that names this type receives it; * doesn't include it. The event is only
    in the log of chatbots that have such a webhook.
    """

    # The chatbot in whose log this event is; what concerns the account is in the logs of all its chatbots
    chatbotId: str
    # The record in the audit log
    auditId: str
    # When it was done
    at: str
    # Who did it, and from where
    actor: Actor
    # What was done, such as webhookChanged
    action: str
    # The ID of what it was done to
    object: str
    # What changed, by field, each with its value before (from) and after (to). Secrets are masked
    changes: Dict[str, Any]


class ConversationClosedData(TypedDict):
    """ConversationClosedData is the data of conversationClosed: a conversation was closed. It is sent
    when the status becomes closed.
    """

    # The chatbot that it happened in
    chatbotId: str
    # Who closed it
    closedBy: str
    # How many messages it has
    messageCount: int


class ConversationReopenedData(TypedDict):
    """ConversationReopenedData is the data of conversationReopened: a closed conversation was opened
    again. It is sent when the status leaves closed.
    """

    # The chatbot that it happened in
    chatbotId: str
    # Who opened it
    by: str


class ConversationReturnedToBotData(TypedDict):
    """ConversationReturnedToBotData is the data of conversationReturnedToBot: the human gave the
    conversation back to the bot. It is sent when a conversation goes from needs_review to active.
    """

    # The chatbot that it happened in
    chatbotId: str
    # Who gave it back
    by: str


class User(TypedDict, total=False):
    """User: the end user; what is unknown is absent."""

    # The end user
    id: str
    # The integrator's own name for the end user
    externalId: str
    # Full name
    name: str
    # Email address
    emailId: str
    # Phone number
    phone: str
    # The external ID that a page with the widget claimed without proof: don't trust it
    claimedId: str
    # Further properties that a page with the widget told
    customAttributes: Dict[str, Any]


class _ConversationStartedDataRequired(TypedDict):
    # The chatbot that it happened in
    chatbotId: str
    # The end user; what is unknown is absent
    user: User
    # The channel that the conversation came through
    source: str


class ConversationStartedData(_ConversationStartedDataRequired, total=False):
    """ConversationStartedData is the data of conversationStarted: a conversation was opened. It is
    sent once per conversation, before any of its messages.
    """

    # The integrator's own name for the session; null if none was given
    externalSessionId: Optional[str]


_ConversationStatusChangedDataRequired = TypedDict(
    "_ConversationStatusChangedDataRequired",
    {
        # The chatbot that it happened in
        "chatbotId": str,
        # The status before
        "from": Literal["active", "needs_review", "closed"],
        # The status now
        "to": Literal["active", "needs_review", "closed"],
        # Who changed it: "user", "bot", a member or "api"
        "by": str,
        # Why; empty if unknown
        "reason": str,
    },
)


class ConversationStatusChangedData(_ConversationStatusChangedDataRequired):
    """ConversationStatusChangedData is the data of conversationStatusChanged: the status of a
    conversation changed. It is sent at every change of status, before the event that tells what it
    means.
    """


class ConversationTaggedData(TypedDict):
    """ConversationTaggedData is the data of conversationTagged: the tags of a conversation changed. It
    is sent when tags were added or removed.
    """

    # The chatbot that it happened in
    chatbotId: str
    # All tags now
    tags: List[str]
    # Tags that are new
    added: List[str]
    # Tags that are gone
    removed: List[str]


class CsatSubmittedData(TypedDict):
    """CsatSubmittedData is the data of csatSubmitted: an end user reviewed a conversation. It is sent
    at every review, also when it replaces an earlier one.
    """

    # The chatbot that it happened in
    chatbotId: str
    # From 1, unhappy, to 5, happy
    score: int
    # In their own words; empty if not left
    comment: str
    # Who answered last
    handledBy: Literal["bot", "humanagent"]


class RecentMessage(TypedDict):
    """RecentMessage is one of recentMessages."""

    # The message
    messageId: str
    # Who said it
    senderType: Literal["user", "bot", "humanagent", "system"]
    # The beginning of the text
    message: str
    # When it was stored
    createdAt: str


class HandoverRequestedData(TypedDict):
    """HandoverRequestedData is the data of handoverRequested: a human was asked for. It is sent when
    the end user, the bot, a rule or an integrator asked for a human and none has taken over yet.
    """

    # The chatbot that it happened in
    chatbotId: str
    # Why a human is needed
    reason: str
    # Who asked: "user", "bot", or the name of a rule, a member or an API key
    requestedBy: str
    # The newest messages, oldest first: at most 10, each cut at 1,000 characters
    recentMessages: List[RecentMessage]


class KnowledgeUpdatedData(TypedDict):
    """KnowledgeUpdatedData is the data of knowledgeUpdated: a chatbot's knowledge changed. It is sent
    when a document was created, updated or deleted.
    """

    # The chatbot that it happened in
    chatbotId: str
    # The document
    documentId: str
    # What happened to it
    change: Literal["created", "updated", "deleted"]


class LeadCapturedData(TypedDict):
    """LeadCapturedData is the data of leadCaptured: an end user left contact details. It is sent when
    a lead form was sent.
    """

    # The chatbot that it happened in
    chatbotId: str
    # Full name; empty if not left
    name: str
    # Email address; empty if not left
    emailId: str
    # Phone number; empty if not left
    phone: str
    # What else the form asked for, by name
    fields: Dict[str, str]


class _MessageFailedDataRequired(TypedDict):
    # The text
    message: str
    # The end user's external ID where there is one, else their ID
    sender: str
    # The chatbot that it happened in
    chatbotId: str
    # The message
    messageId: str
    # Who said it
    senderType: Literal["user", "bot", "humanagent", "system"]
    # The channel that the conversation came through
    source: str
    # What went wrong, in a short stable text
    error: str


class MessageFailedData(_MessageFailedDataRequired, total=False):
    """MessageFailedData is the data of messageFailed: no reply could be made. It is sent when the
    answering engine failed; the end user's message stays stored.
    """

    # The integrator's own name for the session; null if none was given
    externalSessionId: Optional[str]


class MessageRatedData(TypedDict):
    """MessageRatedData is the data of messageRated: an end user rated a message. It is sent at every
    rating, also when it replaces an earlier one.
    """

    # The chatbot that it happened in
    chatbotId: str
    # The message
    messageId: str
    # From 1, bad, to 5, good; of two thumbs, down is 1 and up is 5
    rating: int


class Attachment(TypedDict):
    """Attachment is one of attachments."""

    # The file
    id: str
    # What it is called
    name: str
    # Its media type, found by its content
    type: str
    # In bytes
    size: int
    # Where it can be read; whoever has the address may
    url: str


class _MessageReceivedDataRequired(TypedDict):
    # The text
    message: str
    # The end user's external ID where there is one, else their ID
    sender: str
    # The chatbot that it happened in
    chatbotId: str
    # The message
    messageId: str
    # Who said it
    senderType: Literal["user", "bot", "humanagent", "system"]
    # The channel that the conversation came through
    source: str


class MessageReceivedData(_MessageReceivedDataRequired, total=False):
    """MessageReceivedData is the data of messageReceived: an end user's message was stored. It is sent
    for every message of an end user, also while a human answers.
    """

    # The integrator's own name for the session; null if none was given
    externalSessionId: Optional[str]
    # Files that were sent with the message; absent if there are none
    attachments: Optional[List[Attachment]]


class Source(TypedDict):
    """Source is one of sources."""

    # The document
    documentId: str
    # The document's title
    title: str
    # Where people can read the document; empty if it gives no address
    url: str
    # The part of it that the answer was made from
    passage: str
    # From 0 to 1: how likely the passage answers the question
    score: float


class Suggestion(TypedDict):
    """Suggestion is one of suggestions."""

    # The document
    documentId: str
    # Its title, which as a message gets the document as the answer
    title: str


class _MessageSentDataRequired(TypedDict):
    # The text
    message: str
    # The end user's external ID where there is one, else their ID
    sender: str
    # The chatbot that it happened in
    chatbotId: str
    # The message
    messageId: str
    # Who said it
    senderType: Literal["user", "bot", "humanagent", "system"]
    # The channel that the conversation came through
    source: str


class MessageSentData(_MessageSentDataRequired, total=False):
    """MessageSentData is the data of messageSent: a complete bot or agent reply was stored. It is sent
    once per reply, when all of it is there; never for parts of a streamed reply.
    """

    # The integrator's own name for the session; null if none was given
    externalSessionId: Optional[str]
    # Files that were sent with the message; absent if there are none
    attachments: Optional[List[Attachment]]
    # The message that it answers; null if unknown
    inReplyTo: Optional[str]
    # The passages that a bot's answer was made from, best first; null if there are none
    sources: Optional[List[Source]]
    # The documents that the end user may have meant, where the bot was unsure and asks back; null otherwise
    suggestions: Optional[List[Suggestion]]


class NoteAddedData(TypedDict):
    """NoteAddedData is the data of noteAdded: a member of the account wrote a private note about a
    conversation. It is sent for every note, in the transaction that stores it. Only a webhook that
    names this type receives it; * doesn't include it, and the event is only in the log of chatbots
    that have such a webhook. It stands outside the conversation's sequence, and the end user never
    sees it.
    """

    # The chatbot
    chatbotId: str
    # The conversation that the note is about
    conversationId: str
    # The note
    noteId: str
    # What it says
    note: str
    # The member or key that wrote it
    authorId: str
    # The author's name at that time
    authorName: str


class PingData(TypedDict):
    """PingData is the data of ping: a test. It is sent when somebody tests a webhook."""

    # The chatbot that it happened in
    chatbotId: str
    # The webhook that is tested
    webhookId: str


class UserIdentifiedData(TypedDict):
    """UserIdentifiedData is the data of userIdentified: an end user's details became known. It is sent
    when a name, an email address or a phone number of an end user became known or changed after
    their first conversation had started; conversationStarted tells what was known then. Custom
    attributes of the widget are told in any case.
    """

    # The chatbot that it happened in
    chatbotId: str
    # The end user; what is unknown is absent
    user: User
    # The names of the user's properties that changed
    changed: List[str]


class WebhookDisabledData(TypedDict):
    """WebhookDisabledData is the data of webhookDisabled: a webhook was switched off. It is sent when
    its endpoint answered 410 Gone or failed for 5 days, or somebody disabled it; sent to the
    account's other webhooks.
    """

    # The chatbot that it happened in
    chatbotId: str
    # The webhook
    webhookId: str
    # Why
    reason: str


class _ActionExecutedRequired(TypedDict):
    event: Literal["actionExecuted"]
    data: ActionExecutedData
    id: str
    createdAt: str
    apiVersion: str


class ActionExecutedEvent(_ActionExecutedRequired, total=False):
    """A delivery's body whose event is actionExecuted."""

    conversationId: str
    sequence: int


class _ActionFailedRequired(TypedDict):
    event: Literal["actionFailed"]
    data: ActionFailedData
    id: str
    createdAt: str
    apiVersion: str


class ActionFailedEvent(_ActionFailedRequired, total=False):
    """A delivery's body whose event is actionFailed."""

    conversationId: str
    sequence: int


class _AgentAssignedRequired(TypedDict):
    event: Literal["agentAssigned"]
    data: AgentAssignedData
    id: str
    createdAt: str
    apiVersion: str


class AgentAssignedEvent(_AgentAssignedRequired, total=False):
    """A delivery's body whose event is agentAssigned."""

    conversationId: str
    sequence: int


class _AnswerNotFoundRequired(TypedDict):
    event: Literal["answerNotFound"]
    data: AnswerNotFoundData
    id: str
    createdAt: str
    apiVersion: str


class AnswerNotFoundEvent(_AnswerNotFoundRequired, total=False):
    """A delivery's body whose event is answerNotFound."""

    conversationId: str
    sequence: int


class _ApiKeyRotatedRequired(TypedDict):
    event: Literal["apiKeyRotated"]
    data: ApiKeyRotatedData
    id: str
    createdAt: str
    apiVersion: str


class ApiKeyRotatedEvent(_ApiKeyRotatedRequired, total=False):
    """A delivery's body whose event is apiKeyRotated."""

    conversationId: str
    sequence: int


class _AuditRecordedRequired(TypedDict):
    event: Literal["auditRecorded"]
    data: AuditRecordedData
    id: str
    createdAt: str
    apiVersion: str


class AuditRecordedEvent(_AuditRecordedRequired, total=False):
    """A delivery's body whose event is auditRecorded."""

    conversationId: str
    sequence: int


class _ConversationClosedRequired(TypedDict):
    event: Literal["conversationClosed"]
    data: ConversationClosedData
    id: str
    createdAt: str
    apiVersion: str


class ConversationClosedEvent(_ConversationClosedRequired, total=False):
    """A delivery's body whose event is conversationClosed."""

    conversationId: str
    sequence: int


class _ConversationReopenedRequired(TypedDict):
    event: Literal["conversationReopened"]
    data: ConversationReopenedData
    id: str
    createdAt: str
    apiVersion: str


class ConversationReopenedEvent(_ConversationReopenedRequired, total=False):
    """A delivery's body whose event is conversationReopened."""

    conversationId: str
    sequence: int


class _ConversationReturnedToBotRequired(TypedDict):
    event: Literal["conversationReturnedToBot"]
    data: ConversationReturnedToBotData
    id: str
    createdAt: str
    apiVersion: str


class ConversationReturnedToBotEvent(_ConversationReturnedToBotRequired, total=False):
    """A delivery's body whose event is conversationReturnedToBot."""

    conversationId: str
    sequence: int


class _ConversationStartedRequired(TypedDict):
    event: Literal["conversationStarted"]
    data: ConversationStartedData
    id: str
    createdAt: str
    apiVersion: str


class ConversationStartedEvent(_ConversationStartedRequired, total=False):
    """A delivery's body whose event is conversationStarted."""

    conversationId: str
    sequence: int


class _ConversationStatusChangedRequired(TypedDict):
    event: Literal["conversationStatusChanged"]
    data: ConversationStatusChangedData
    id: str
    createdAt: str
    apiVersion: str


class ConversationStatusChangedEvent(_ConversationStatusChangedRequired, total=False):
    """A delivery's body whose event is conversationStatusChanged."""

    conversationId: str
    sequence: int


class _ConversationTaggedRequired(TypedDict):
    event: Literal["conversationTagged"]
    data: ConversationTaggedData
    id: str
    createdAt: str
    apiVersion: str


class ConversationTaggedEvent(_ConversationTaggedRequired, total=False):
    """A delivery's body whose event is conversationTagged."""

    conversationId: str
    sequence: int


class _CsatSubmittedRequired(TypedDict):
    event: Literal["csatSubmitted"]
    data: CsatSubmittedData
    id: str
    createdAt: str
    apiVersion: str


class CsatSubmittedEvent(_CsatSubmittedRequired, total=False):
    """A delivery's body whose event is csatSubmitted."""

    conversationId: str
    sequence: int


class _HandoverRequestedRequired(TypedDict):
    event: Literal["handoverRequested"]
    data: HandoverRequestedData
    id: str
    createdAt: str
    apiVersion: str


class HandoverRequestedEvent(_HandoverRequestedRequired, total=False):
    """A delivery's body whose event is handoverRequested."""

    conversationId: str
    sequence: int


class _KnowledgeUpdatedRequired(TypedDict):
    event: Literal["knowledgeUpdated"]
    data: KnowledgeUpdatedData
    id: str
    createdAt: str
    apiVersion: str


class KnowledgeUpdatedEvent(_KnowledgeUpdatedRequired, total=False):
    """A delivery's body whose event is knowledgeUpdated."""

    conversationId: str
    sequence: int


class _LeadCapturedRequired(TypedDict):
    event: Literal["leadCaptured"]
    data: LeadCapturedData
    id: str
    createdAt: str
    apiVersion: str


class LeadCapturedEvent(_LeadCapturedRequired, total=False):
    """A delivery's body whose event is leadCaptured."""

    conversationId: str
    sequence: int


class _MessageFailedRequired(TypedDict):
    event: Literal["messageFailed"]
    data: MessageFailedData
    id: str
    createdAt: str
    apiVersion: str


class MessageFailedEvent(_MessageFailedRequired, total=False):
    """A delivery's body whose event is messageFailed."""

    conversationId: str
    sequence: int


class _MessageRatedRequired(TypedDict):
    event: Literal["messageRated"]
    data: MessageRatedData
    id: str
    createdAt: str
    apiVersion: str


class MessageRatedEvent(_MessageRatedRequired, total=False):
    """A delivery's body whose event is messageRated."""

    conversationId: str
    sequence: int


class _MessageReceivedRequired(TypedDict):
    event: Literal["messageReceived"]
    data: MessageReceivedData
    id: str
    createdAt: str
    apiVersion: str


class MessageReceivedEvent(_MessageReceivedRequired, total=False):
    """A delivery's body whose event is messageReceived."""

    conversationId: str
    sequence: int


class _MessageSentRequired(TypedDict):
    event: Literal["messageSent"]
    data: MessageSentData
    id: str
    createdAt: str
    apiVersion: str


class MessageSentEvent(_MessageSentRequired, total=False):
    """A delivery's body whose event is messageSent."""

    conversationId: str
    sequence: int


class _NoteAddedRequired(TypedDict):
    event: Literal["noteAdded"]
    data: NoteAddedData
    id: str
    createdAt: str
    apiVersion: str


class NoteAddedEvent(_NoteAddedRequired, total=False):
    """A delivery's body whose event is noteAdded."""

    conversationId: str
    sequence: int


class _PingRequired(TypedDict):
    event: Literal["ping"]
    data: PingData
    id: str
    createdAt: str
    apiVersion: str


class PingEvent(_PingRequired, total=False):
    """A delivery's body whose event is ping."""

    conversationId: str
    sequence: int


class _UserIdentifiedRequired(TypedDict):
    event: Literal["userIdentified"]
    data: UserIdentifiedData
    id: str
    createdAt: str
    apiVersion: str


class UserIdentifiedEvent(_UserIdentifiedRequired, total=False):
    """A delivery's body whose event is userIdentified."""

    conversationId: str
    sequence: int


class _WebhookDisabledRequired(TypedDict):
    event: Literal["webhookDisabled"]
    data: WebhookDisabledData
    id: str
    createdAt: str
    apiVersion: str


class WebhookDisabledEvent(_WebhookDisabledRequired, total=False):
    """A delivery's body whose event is webhookDisabled."""

    conversationId: str
    sequence: int


CatalogEvent = Union[
    ActionExecutedEvent,
    ActionFailedEvent,
    AgentAssignedEvent,
    AnswerNotFoundEvent,
    ApiKeyRotatedEvent,
    AuditRecordedEvent,
    ConversationClosedEvent,
    ConversationReopenedEvent,
    ConversationReturnedToBotEvent,
    ConversationStartedEvent,
    ConversationStatusChangedEvent,
    ConversationTaggedEvent,
    CsatSubmittedEvent,
    HandoverRequestedEvent,
    KnowledgeUpdatedEvent,
    LeadCapturedEvent,
    MessageFailedEvent,
    MessageRatedEvent,
    MessageReceivedEvent,
    MessageSentEvent,
    NoteAddedEvent,
    PingEvent,
    UserIdentifiedEvent,
    WebhookDisabledEvent,
]

EVENT_TYPES = (
    "actionExecuted",
    "actionFailed",
    "agentAssigned",
    "answerNotFound",
    "apiKeyRotated",
    "auditRecorded",
    "conversationClosed",
    "conversationReopened",
    "conversationReturnedToBot",
    "conversationStarted",
    "conversationStatusChanged",
    "conversationTagged",
    "csatSubmitted",
    "handoverRequested",
    "knowledgeUpdated",
    "leadCaptured",
    "messageFailed",
    "messageRated",
    "messageReceived",
    "messageSent",
    "noteAdded",
    "ping",
    "userIdentified",
    "webhookDisabled",
)


_E = TypeVar("_E")
_R = TypeVar("_R")


class _Register(Protocol[_E]):
    def __call__(self, function: Callable[[_E], _R], /) -> Callable[[_E], _R]: ...


class Routes:
    """Which function is called for which event."""

    def __init__(self) -> None:
        self._functions: Dict[str, Callable[[Any], Any]] = {}
        self._other: Optional[Callable[[Any], Any]] = None

    @overload
    def on(self, event: Literal["actionExecuted"]) -> _Register[ActionExecutedEvent]: ...

    @overload
    def on(self, event: Literal["actionFailed"]) -> _Register[ActionFailedEvent]: ...

    @overload
    def on(self, event: Literal["agentAssigned"]) -> _Register[AgentAssignedEvent]: ...

    @overload
    def on(self, event: Literal["answerNotFound"]) -> _Register[AnswerNotFoundEvent]: ...

    @overload
    def on(self, event: Literal["apiKeyRotated"]) -> _Register[ApiKeyRotatedEvent]: ...

    @overload
    def on(self, event: Literal["auditRecorded"]) -> _Register[AuditRecordedEvent]: ...

    @overload
    def on(self, event: Literal["conversationClosed"]) -> _Register[ConversationClosedEvent]: ...

    @overload
    def on(self, event: Literal["conversationReopened"]) -> _Register[ConversationReopenedEvent]: ...

    @overload
    def on(self, event: Literal["conversationReturnedToBot"]) -> _Register[ConversationReturnedToBotEvent]: ...

    @overload
    def on(self, event: Literal["conversationStarted"]) -> _Register[ConversationStartedEvent]: ...

    @overload
    def on(self, event: Literal["conversationStatusChanged"]) -> _Register[ConversationStatusChangedEvent]: ...

    @overload
    def on(self, event: Literal["conversationTagged"]) -> _Register[ConversationTaggedEvent]: ...

    @overload
    def on(self, event: Literal["csatSubmitted"]) -> _Register[CsatSubmittedEvent]: ...

    @overload
    def on(self, event: Literal["handoverRequested"]) -> _Register[HandoverRequestedEvent]: ...

    @overload
    def on(self, event: Literal["knowledgeUpdated"]) -> _Register[KnowledgeUpdatedEvent]: ...

    @overload
    def on(self, event: Literal["leadCaptured"]) -> _Register[LeadCapturedEvent]: ...

    @overload
    def on(self, event: Literal["messageFailed"]) -> _Register[MessageFailedEvent]: ...

    @overload
    def on(self, event: Literal["messageRated"]) -> _Register[MessageRatedEvent]: ...

    @overload
    def on(self, event: Literal["messageReceived"]) -> _Register[MessageReceivedEvent]: ...

    @overload
    def on(self, event: Literal["messageSent"]) -> _Register[MessageSentEvent]: ...

    @overload
    def on(self, event: Literal["noteAdded"]) -> _Register[NoteAddedEvent]: ...

    @overload
    def on(self, event: Literal["ping"]) -> _Register[PingEvent]: ...

    @overload
    def on(self, event: Literal["userIdentified"]) -> _Register[UserIdentifiedEvent]: ...

    @overload
    def on(self, event: Literal["webhookDisabled"]) -> _Register[WebhookDisabledEvent]: ...

    @overload
    def on(self, event: str) -> _Register[Any]: ...

    def on(self, event: str) -> Any:
        """Decorates the function that is called for each event of this type, which may be one of
        your own custom.* types. If it raises, the answer is 500, so that Bot9 sends the event
        again. The function given last for a type counts.
        """

        def register(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
            self._functions[event] = function
            return function

        return register

    def on_other(self, function: Callable[[Any], _R]) -> Callable[[Any], _R]:
        """Decorates the function that is called for each event that no other function was given
        for. Without it they are acknowledged and ignored.
        """
        self._other = function
        return function

    def function_for(self, event: str) -> Optional[Callable[[Any], Any]]:
        """The function to call for an event of this type, None if there is none."""
        return self._functions.get(event, self._other)
