# What happened to an order, in one sentence each. Clauses begin in lower case; the sentence is capitalised when it is whole.
# The office, the reader and a named person need clauses of their own: articles and verbs differ between languages.

at-time = at { $time }
at-time-about = about { $time }
at-date-time = on { $date } at { $time }
at-date-time-about = on { $date } about { $time }
moment = { $date }, { $time }
window = { $start }–{ $end }
window-on-date = { $date }, { $start }–{ $end }
minutes = { $count } min
hours = { $count } h
hours-minutes = { $hours } h { $minutes } min
days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
metres = { $number } m
kilometres = { $number } km

name-customer = the customer
name-system = Campo
name-unknown = somebody
name-unknown-record = a record that was removed

cancelled-office = the office cancelled { $when }
cancelled-you = you cancelled { $when }
cancelled-person = { $name } cancelled { $when }
finished-office = the office finished { $when } without knowing
finished-you = you finished { $when } without knowing
finished-person = { $name } finished { $when } without knowing
done-beats-cancel = { $cancelled }; { $finished }. The work counts.

moved-office = the office set it to "{ $state }" { $when }
moved-you = you set it to "{ $state }" { $when }
moved-person = { $name } set it to "{ $state }" { $when }
status-overruled = { $loser }; { $winner } without knowing. It stands at "{ $state }".
status-unclear = The order was moved by people who did not know of each other. It stands at "{ $state }".
step = { $moved }.
step-reason = { $moved }: "{ $reason }".
step-repeated = { $moved }; it stood there already.
step-void = { $moved }, but { $why }. It does not count; history keeps it.
void-unknown_past = it follows an entry that nobody has
void-cyclic_past = it follows itself
void-unknown_state = the workflow has no such status
void-no_transition = no step leads there from "{ $from }"
void-role_not_allowed = without permission

far-check-in = Checked in { $distance } from the site: "{ $reason }".
far-check-in-no-reason = Checked in { $distance } from the site, without a reason.
clock-ahead-you = This phone's clock is { $span } ahead. Times are estimated.
clock-ahead-person = The clock of the phone used by { $name } is { $span } ahead. Times are estimated.
clock-behind-you = This phone's clock is { $span } behind. Times are estimated.
clock-behind-person = The clock of the phone used by { $name } is { $span } behind. Times are estimated.
late-work = { $count ->
    [one] { $count } entry by { $name } arrived when the order was over. It counts.
   *[other] { $count } entries by { $name } arrived when the order was over. They count.
}
work-after-reassignment = { $count ->
    [one] { $count } entry by { $name }, who had been taken off this order. It counts.
   *[other] { $count } entries by { $name }, who had been taken off this order. They count.
}
rule-broken-materials = { $count ->
    [one] { $name } added a material without permission. It was taken out; history keeps it.
   *[other] { $name } added { $count } materials without permission. They were taken out; history keeps them.
}
rule-broken-services = { $count ->
    [one] { $name } added a service without permission. It was taken out; history keeps it.
   *[other] { $name } added { $count } services without permission. They were taken out; history keeps them.
}
rule-broken-entries = { $count ->
    [one] { $name } added { $count } entry without permission. It was taken out; history keeps it.
   *[other] { $name } added { $count } entries without permission. They were taken out; history keeps them.
}
deposited = { $count ->
    [one] { $count } entry by { $name }, whose access has ended.
   *[other] { $count } entries by { $name }, whose access has ended.
}
deposited-on = { $count ->
    [one] { $count } entry by { $name }, whose access ended on { $date }.
   *[other] { $count } entries by { $name }, whose access ended on { $date }.
}
needs-signature = Changed since it was signed: { $changes }. It needs a new signature.
changed-added = { $what } was added
changed-removed = { $what } was removed
changed-value = { $label }: { $signed } became { $now }
changed-more = { $count ->
    [one] { $count } more change
   *[other] { $count } more changes
}
entry-visit = the visit of { $name }
entry-photo = a photo
signed-twice = { $count ->
    [one] Signed { $count } time.
   *[other] Signed { $count } times by people who did not know of each other. All are kept.
}
taken-twice = { $first } and { $others } both took this order from the pool. Leave it to one of them.
taken-twice-begun = { $first } and { $others } both took this order from the pool. { $first } began first and leads. Take { $others } off, or let them work together.
paid-twice = { $first } and { $others } each recorded a payment of { $amount }. If the customer paid once, take one of them back.
many-actors = { $count ->
    [one] { $count } device has written into this order. Check whether a phone keeps being restored.
   *[other] { $count } devices have written into this order. Check whether a phone keeps being restored.
}

conflict = { $field }: { $sides }. { $kept }
set-office = office set { $value } { $when }
set-you = you set { $value } { $when }
set-person = { $name } set { $value } { $when }
emptied-office = office emptied it { $when }
emptied-you = you emptied it { $when }
emptied-person = { $name } emptied it { $when }
kept-office = Kept: the office's.
kept-you = Kept: yours.
kept-person = Kept: what { $name } set.
removed-line = { $removed }; { $edited }. Kept: removed.
removed-office = office removed "{ $description }"
removed-you = you removed "{ $description }"
removed-person = { $name } removed "{ $description }"
set-it-office = office set it to { $value }
set-it-you = you set it to { $value }
set-it-person = { $name } set it to { $value }

field-kind = Order kind
field-workflow = Workflow
field-priority = Priority
field-reason = Reason
field-customer = Customer
field-contact = Contact
field-site = Site
field-draft_customer = Customer written down in the field
field-place = Place
field-window = Time window
field-promised = Promised date
field-duration_minutes = Duration
field-currency = Currency
field-zone = Time zone
field-other = Field "{ $name }"
field-total_minor = Total
field-caption = Caption
field-arrived = Check-in
field-is_additional = Additional item
field-equipment = Equipment
field-assignee = Assignment of { $name }
field-answer = Answer to "{ $question }"
field-of-line = { $label } of "{ $description }"
field-quantity = Quantity
field-price_minor = Price
field-description = Description
field-unit = Unit
field-source = Source

priority-normal = normal
priority-high = high
priority-urgent = urgent
place-on_site = on site
place-in_shop = in shop
place-remote = remote
crew-lead = lead
crew-helper = helper
crew-taken = took it from the pool
crew-offered = offered in the pool
crew-none = not assigned
answer-yes = yes
answer-no = no
answer-not_applicable = not applicable
answer-photo = a photo
answer-signature = a signature
value-nothing = nothing
value-quoted = "{ $text }"

rejected = Not accepted: { $reason }. Your entry is kept here.
refused = Not accepted: { $reason }.
held = Waiting for the office: { $reason }. Your work is safe on the server.

reason-damaged = it was damaged on the way or on this phone
reason-too-large = it is larger than an order may take at once
reason-unreadable = this app wrote it in a form that cannot be read
reason-actor_not_yours = it carries the name of another device
reason-not_assigned = you were not assigned to this order
reason-unknown_order = there is no such order for you
reason-forbidden_field = you may not change this field
reason-immutable = signatures and recorded times are never changed
reason-depends_on_refused = it builds on an entry that was not accepted
reason-discarded_by_office = the office decided against it
reason-other = the server gave the reason "{ $code }"
reason-role_forbidden = your role may not do this
reason-order_closed = the order is closed
reason-wrong_moment = the order does not exist yet, or exists already
reason-no_such_entry = the order has no such entry
reason-invalid_value = { $label } cannot be read
reason-no_transition = no step leads from "{ $from }" to "{ $to }"
reason-reason_required = a reason is required
reason-guards_unmet = still to do: { $list }
reason-visit_step = the visit is at "{ $state }"

held-author_disabled = your access has ended
held-order_deleted = the order was deleted
held-order_full = the order is full
held-order_quarantined = the order needs repair
held-unsupported = the server has to be updated first
held-depends_on_held = it builds on an entry that is waiting
held-other = the server gave the reason "{ $code }"

photos-on-their-way = { $count ->
    [one] { $count } photo on its way.
   *[other] { $count } photos on their way.
}

guard-checklist_complete = the checklist
guard-signed = the signature
guard-minimum_photos = { $count ->
    [one] { $count } photo
   *[other] { $count } photos
}
guard-quote_approved = the approval of the quote
guard-checked_out = the check-out
guard-report_text = the report text
guard-paid = the payment
guard-has_assignee = somebody responsible
guard-has_window = a time window

visit-planned = planned
visit-traveling = on the way
visit-on_site = on site
visit-paused = paused
visit-done = done

# Columns of exported lists.
column-number = Number
column-state = Status
column-kind = Kind
column-priority = Priority
column-place = Place
column-customer = Customer
column-reason = Reason
column-window_start = Window from
column-window_end = Window to
column-promised = Promised
column-created = Created
column-technicians = Technicians
column-late = Late
column-attention = To decide
column-total = Total
column-paid = Paid
column-currency = Currency
column-id = Id
column-name = Name
column-legal_name = Legal name
column-tax_id = Tax id
column-email = E-mail
column-phone = Phone
column-notes = Notes
column-street = Street
column-city = City
column-region = Region
column-district = District
column-postal_code = Postal code
column-country = Country
column-serial = Serial number
column-manufacturer = Manufacturer
column-model = Model
column-code = Code
column-unit = Unit
column-price_minor = Price
column-barcode = Barcode
column-archived = Archived
column-created_at = Created at
column-updated_at = Updated at
column-at = At
column-seq = Position
column-user_id = Person id
column-user_name = Person
column-device_id = Device id
column-action = Action
column-subject = Subject
column-details = Details
column-hash = Hash
column-role = Role
column-language = Language
column-disabled = Disabled
column-platform = Platform
column-enrolled_at = Enrolled at
column-seen_at = Last seen
column-revoked_at = Revoked at
column-version = Version

# Why somebody is suggested for an order.
suggestion-near-visit = { $km } km from the visit before
suggestion-near-base = { $km } km from where the day begins
suggestion-distance-unknown = distance unknown
suggestion-works = works { $hours } hours that day
suggestion-hours-unknown = working hours unknown
suggestion-away = does not work that day
suggestion-assigned = works on this order already
suggestion-skills = { $count ->
    [one] has the skill it takes
   *[other] has all { $count } skills it takes
}
suggestion-skills-missing = lacks { $missing } of { $count } skills it takes
suggestion-load = { $count ->
    [0] nothing planned that day
    [one] { $count } order that day
   *[other] { $count } orders that day
}
