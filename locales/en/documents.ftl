# Words of printed documents. `label-` are the headings a template can use; the others are filled by the server.

label-service-order = Service order
label-customer-copy = Customer's copy
label-company-copy = Company's copy
label-company = Company
label-customer = Customer
label-site = Site
label-contact = Person in charge
label-tax-id = Tax id
label-phone = Phone
label-email = E-mail
label-order = Order
label-number = Number
label-kind = Kind
label-reason = Reason
label-status = Status
label-priority = Priority
label-created = Created
label-scheduled = Scheduled
label-promised = Promised by
label-equipment = Equipment
label-visits = Visits
label-technician = Technician
label-date = Date
label-travel = Travel
label-check-in = Check-in
label-pauses = Pauses
label-check-out = Check-out
label-time-on-site = On site
label-times = How the times are known
label-materials = Materials
label-services = Services
label-description = Description
label-quantity = Qty
label-unit = Unit
label-price = Unit price
label-amount = Amount
label-source = From
label-additional = additional
label-materials-total = Materials
label-services-total = Services
label-total = Total
label-expenses = Expenses
label-expenses-total = Expenses in all
label-checklist = Checklist
label-question = Question
label-answer = Answer
label-observations = Remarks
label-internal = Internal
label-internal-only = For the company only
label-photos = Photos
label-photo-on-its-way = Photo on its way
label-signature-on-its-way = Signature on its way
label-signatures = Signatures
label-signed = Signed
label-refused = Signature refused
label-document-number = Document
label-signed-version = Signed version
label-terms = Terms shown when signing
label-gaps = What is missing
label-verify = Check this document
label-version = Version
label-page = Page
label-page-of = of

title = Service order { $number }
title-without-number = Service order without a number yet
to-be-confirmed = to be confirmed
total-without-unpriced = { $count ->
    [one] without { $count } line that has no price yet
   *[other] without { $count } lines that have no price yet
}
gap-photos = { $count ->
    [one] { $count } photo had not arrived.
   *[other] { $count } photos had not arrived.
}
gap-signature-drawings = { $count ->
    [one] The drawing of { $count } signature had not arrived.
   *[other] The drawings of { $count } signatures had not arrived.
}
gap-number = The order has no number yet.

moment = { $date }, { $time }
window = { $start } – { $end }
minutes = { $count } min
hours = { $hours } h
hours-minutes = { $hours } h { $minutes } min
seconds = { $count } s
plus-minus = { $how } (± { $span })
time-server = server's clock
time-anchored = checked against the server
time-offset = corrected after a restart
time-device_only = phone's clock alone, not checked
pause-for = { $from } – { $until }: { $reason }
pause = { $from } – { $until }

priority-normal = normal
priority-high = high
priority-urgent = urgent
source-van = van
source-warehouse = warehouse
source-bought = bought
expense-fuel = Fuel
expense-parking = Parking
expense-toll = Toll
expense-meal = Meal
expense-other = Other
answer-yes = Yes
answer-no = No
answer-not_applicable = Not applicable
answer-photo = see the photos
answer-signature = see the signatures
stage-before = Before
stage-during = During
stage-after = After
photo-alt = Photo: { $stage }. { $caption }
signature-alt = Drawn signature of { $name }
logo-alt = Logo of { $name }
equipment-labels = Equipment labels
qr-alt = QR code that leads to { $url }
