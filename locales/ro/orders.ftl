# Ce s-a întâmplat cu o comandă, câte o propoziție. Părțile încep cu literă mică; propoziția întreagă primește majusculă.
# Biroul, cititorul și o persoană numită au părți proprii: articolele și verbele diferă de la o limbă la alta.

at-time = la { $time }
at-time-about = în jur de { $time }
at-date-time = pe { $date } la { $time }
at-date-time-about = pe { $date } în jur de { $time }
moment = { $date }, { $time }
window = { $start }–{ $end }
window-on-date = { $date }, { $start }–{ $end }
minutes = { $count } min
hours = { $count } h
hours-minutes = { $hours } h { $minutes } min
days = { $count ->
    [one] { $count } zi
    [few] { $count } zile
   *[other] { $count } de zile
}
metres = { $number } m
kilometres = { $number } km

name-customer = clientul
name-system = Campo
name-unknown = cineva
name-unknown-record = o fișă ștearsă

cancelled-office = biroul a anulat { $when }
cancelled-you = tu ai anulat { $when }
cancelled-person = { $name } a anulat { $when }
finished-office = biroul a finalizat { $when } fără să știe
finished-you = tu ai finalizat { $when } fără să știi
finished-person = { $name } a finalizat { $when } fără să știe
done-beats-cancel = { $cancelled }; { $finished }. Lucrarea contează.

moved-office = biroul a trecut-o la „{ $state }” { $when }
moved-you = tu ai trecut-o la „{ $state }” { $when }
moved-person = { $name } a trecut-o la „{ $state }” { $when }
status-overruled = { $loser }; { $winner } fără a ști. Rămâne „{ $state }”.
status-unclear = Comanda a fost modificată de persoane care nu știau una de alta. Rămâne „{ $state }”.
step = { $moved }.
step-reason = { $moved }: „{ $reason }”.
step-repeated = { $moved }; era deja acolo.
step-void = { $moved }, dar { $why }. Nu contează; istoricul o păstrează.
void-unknown_past = urmează după o înregistrare pe care nu o are nimeni
void-cyclic_past = urmează după ea însăși
void-unknown_state = fluxul nu are această stare
void-no_transition = niciun pas nu duce acolo din „{ $from }”
void-role_not_allowed = fără permisiune

far-check-in = Check-in la { $distance } de locație: „{ $reason }”.
far-check-in-no-reason = Check-in la { $distance } de locație, fără motiv.
clock-ahead-you = Ceasul acestui telefon este cu { $span } înainte. Orele sunt estimate.
clock-ahead-person = Ceasul telefonului folosit de { $name } este cu { $span } înainte. Orele sunt estimate.
clock-behind-you = Ceasul acestui telefon este cu { $span } în urmă. Orele sunt estimate.
clock-behind-person = Ceasul telefonului folosit de { $name } este cu { $span } în urmă. Orele sunt estimate.
late-work = { $count ->
    [one] { $count } înregistrare de la { $name } a sosit după încheierea comenzii. Contează.
    [few] { $count } înregistrări de la { $name } au sosit după încheierea comenzii. Contează.
   *[other] { $count } de înregistrări de la { $name } au sosit după încheierea comenzii. Contează.
}
work-after-reassignment = { $count ->
    [one] { $count } înregistrare de la { $name }, care nu mai era pe această comandă. Contează.
    [few] { $count } înregistrări de la { $name }, care nu mai era pe această comandă. Contează.
   *[other] { $count } de înregistrări de la { $name }, care nu mai era pe această comandă. Contează.
}
rule-broken-materials = { $count ->
    [one] { $name } a adăugat un material fără permisiune. A fost scos; istoricul îl păstrează.
    [few] { $name } a adăugat { $count } materiale fără permisiune. Au fost scoase; istoricul le păstrează.
   *[other] { $name } a adăugat { $count } de materiale fără permisiune. Au fost scoase; istoricul le păstrează.
}
rule-broken-services = { $count ->
    [one] { $name } a adăugat un serviciu fără permisiune. A fost scos; istoricul îl păstrează.
    [few] { $name } a adăugat { $count } servicii fără permisiune. Au fost scoase; istoricul le păstrează.
   *[other] { $name } a adăugat { $count } de servicii fără permisiune. Au fost scoase; istoricul le păstrează.
}
rule-broken-entries = { $count ->
    [one] { $name } a adăugat { $count } înregistrare fără permisiune. A fost scoasă; istoricul o păstrează.
    [few] { $name } a adăugat { $count } înregistrări fără permisiune. Au fost scoase; istoricul le păstrează.
   *[other] { $name } a adăugat { $count } de înregistrări fără permisiune. Au fost scoase; istoricul le păstrează.
}
deposited = { $count ->
    [one] { $count } înregistrare de la { $name }; accesul s-a încheiat.
    [few] { $count } înregistrări de la { $name }; accesul s-a încheiat.
   *[other] { $count } de înregistrări de la { $name }; accesul s-a încheiat.
}
deposited-on = { $count ->
    [one] { $count } înregistrare de la { $name }; accesul s-a încheiat pe { $date }.
    [few] { $count } înregistrări de la { $name }; accesul s-a încheiat pe { $date }.
   *[other] { $count } de înregistrări de la { $name }; accesul s-a încheiat pe { $date }.
}
needs-signature = Modificat după semnare: { $changes }. Necesită o nouă semnătură.
changed-added = s-a adăugat { $what }
changed-removed = s-a scos { $what }
changed-value = { $label }: { $signed } a devenit { $now }
changed-more = { $count ->
    [one] încă { $count } modificare
    [few] încă { $count } modificări
   *[other] încă { $count } de modificări
}
entry-visit = vizita lui { $name }
entry-photo = o fotografie
signed-twice = { $count ->
    [one] Semnată o dată.
    [few] Semnată de { $count } ori de persoane care nu știau una de alta. Toate se păstrează.
   *[other] Semnată de { $count } de ori de persoane care nu știau una de alta. Toate se păstrează.
}
taken-twice = { $first } și { $others } au luat amândoi această comandă din lista comună. Las-o unuia singur.
taken-twice-begun = { $first } și { $others } au luat amândoi această comandă din lista comună. { $first } a început primul și răspunde. Scoate pe { $others } sau lasă-i să lucreze împreună.
paid-twice = { $first } și { $others } au înregistrat fiecare o plată de { $amount }. Dacă clientul a plătit o singură dată, anulează una dintre ele.
many-actors = { $count ->
    [one] { $count } dispozitiv a scris în această comandă. Verifică dacă un telefon este restaurat mereu.
    [few] { $count } dispozitive au scris în această comandă. Verifică dacă un telefon este restaurat mereu.
   *[other] { $count } de dispozitive au scris în această comandă. Verifică dacă un telefon este restaurat mereu.
}

conflict = { $field }: { $sides }. { $kept }
set-office = biroul a stabilit { $value } { $when }
set-you = tu ai stabilit { $value } { $when }
set-person = { $name } a stabilit { $value } { $when }
emptied-office = biroul a lăsat gol { $when }
emptied-you = tu ai lăsat gol { $when }
emptied-person = { $name } a lăsat gol { $when }
kept-office = Rămâne varianta biroului.
kept-you = Rămâne varianta ta.
kept-person = Rămâne ce a stabilit { $name }.
removed-line = { $removed }; { $edited }. Rămâne ștearsă.
removed-office = biroul a șters „{ $description }”
removed-you = tu ai șters „{ $description }”
removed-person = { $name } a șters „{ $description }”
set-it-office = biroul a stabilit { $value }
set-it-you = tu ai stabilit { $value }
set-it-person = { $name } a stabilit { $value }

field-kind = Tip de comandă
field-workflow = Flux
field-priority = Prioritate
field-reason = Motiv
field-customer = Client
field-contact = Contact
field-site = Locație
field-draft_customer = Client notat pe teren
field-place = Loc
field-window = Interval
field-promised = Data promisă
field-duration_minutes = Durată
field-currency = Monedă
field-zone = Fus orar
field-other = Câmpul „{ $name }”
field-total_minor = Total
field-caption = Descriere foto
field-arrived = Check-in
field-is_additional = Articol suplimentar
field-equipment = Echipament
field-assignee = Alocarea pentru { $name }
field-answer = Răspunsul la „{ $question }”
field-of-line = { $label } pentru „{ $description }”
field-quantity = Cantitate
field-price_minor = Preț
field-description = Descriere
field-unit = Unitate
field-source = Proveniență

priority-normal = normală
priority-high = ridicată
priority-urgent = urgentă
place-on_site = la client
place-in_shop = la punct
place-remote = la distanță
crew-lead = responsabil
crew-helper = ajutor
crew-taken = a luat-o din lista comună
crew-offered = oferită în lista comună
crew-none = nealocat
answer-yes = da
answer-no = nu
answer-not_applicable = nu se aplică
answer-photo = o fotografie
answer-signature = o semnătură
value-nothing = nimic
value-quoted = „{ $text }”

rejected = Neacceptat: { $reason }. Înregistrarea ta rămâne păstrată aici.
refused = Neacceptat: { $reason }.
held = Așteaptă biroul: { $reason }. Munca ta este în siguranță pe server.

reason-damaged = s-a deteriorat pe drum sau pe acest telefon
reason-too-large = este mai mare decât poate primi o comandă deodată
reason-unreadable = această aplicație a scris-o într-o formă care nu se poate citi
reason-actor_not_yours = poartă numele altui dispozitiv
reason-not_assigned = nu erai pe această comandă
reason-unknown_order = nu există o astfel de comandă pentru tine
reason-forbidden_field = nu poți schimba acest câmp
reason-immutable = semnăturile și orele înregistrate nu se schimbă niciodată
reason-depends_on_refused = se bazează pe o înregistrare care nu a fost acceptată
reason-discarded_by_office = biroul a hotărât să nu o accepte
reason-other = serverul a dat motivul „{ $code }”
reason-role_forbidden = rolul tău nu permite acest lucru
reason-order_closed = comanda este închisă
reason-wrong_moment = comanda nu există încă sau există deja
reason-no_such_entry = comanda nu are această înregistrare
reason-invalid_value = nu se poate citi { $label }
reason-no_transition = niciun pas nu duce din „{ $from }” la „{ $to }”
reason-reason_required = este nevoie de un motiv
reason-guards_unmet = mai rămân: { $list }
reason-visit_step = vizita este la „{ $state }”

held-author_disabled = accesul tău s-a încheiat
held-order_deleted = comanda a fost ștearsă
held-order_full = comanda este plină
held-order_quarantined = comanda are nevoie de reparație
held-unsupported = serverul trebuie actualizat mai întâi
held-depends_on_held = se bazează pe o înregistrare care așteaptă
held-other = serverul a dat motivul „{ $code }”

photos-on-their-way = { $count ->
    [one] { $count } fotografie pe drum.
    [few] { $count } fotografii pe drum.
   *[other] { $count } de fotografii pe drum.
}

guard-checklist_complete = lista de verificare
guard-signed = semnătura
guard-minimum_photos = { $count ->
    [one] { $count } fotografie
    [few] { $count } fotografii
   *[other] { $count } de fotografii
}
guard-quote_approved = aprobarea devizului
guard-checked_out = check-out-ul
guard-report_text = textul raportului
guard-paid = plata
guard-has_assignee = un responsabil
guard-has_window = un interval

visit-planned = planificată
visit-traveling = pe drum
visit-on_site = la client
visit-paused = în pauză
visit-done = terminată

# Columns of exported lists.
column-number = Număr
column-state = Stare
column-kind = Tip
column-priority = Prioritate
column-place = Loc
column-customer = Client
column-reason = Motiv
column-window_start = Interval de la
column-window_end = Interval până la
column-promised = Promis
column-created = Creat
column-technicians = Tehnicieni
column-late = Întârziată
column-attention = De rezolvat
column-total = Total
column-paid = Plătit
column-currency = Monedă
column-id = Id
column-name = Nume
column-legal_name = Denumire legală
column-tax_id = Cod fiscal
column-email = E-mail
column-phone = Telefon
column-notes = Observații
column-street = Stradă
column-city = Oraș
column-region = Județ
column-district = Cartier
column-postal_code = Cod poștal
column-country = Țară
column-serial = Număr de serie
column-manufacturer = Producător
column-model = Model
column-code = Cod
column-unit = Unitate
column-price_minor = Preț
column-barcode = Cod de bare
column-archived = Arhivat
column-created_at = Creat la
column-updated_at = Modificat la
column-at = Când
column-seq = Poziție
column-user_id = Id persoană
column-user_name = Persoană
column-device_id = Id dispozitiv
column-action = Acțiune
column-subject = Obiect
column-details = Detalii
column-hash = Hash
column-role = Rol
column-language = Limbă
column-disabled = Dezactivat
column-platform = Platformă
column-enrolled_at = Înregistrat la
column-seen_at = Văzut ultima dată
column-revoked_at = Revocat la
column-version = Versiune

# Why somebody is suggested for an order.
suggestion-near-visit = la { $km } km de vizita anterioară
suggestion-near-base = la { $km } km de punctul de plecare
suggestion-distance-unknown = distanță necunoscută
suggestion-works = lucrează { $hours } ore în acea zi
suggestion-hours-unknown = program necunoscut
suggestion-away = nu lucrează în acea zi
suggestion-assigned = lucrează deja la această comandă
suggestion-skills = { $count ->
    [one] are competența necesară
    [few] are toate cele { $count } competențe necesare
   *[other] are toate cele { $count } de competențe necesare
}
suggestion-skills-missing = îi lipsesc { $missing } din { $count } competențe necesare
suggestion-load = { $count ->
    [0] nimic planificat în acea zi
    [one] { $count } comandă în acea zi
    [few] { $count } comenzi în acea zi
   *[other] { $count } de comenzi în acea zi
}
