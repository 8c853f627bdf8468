# Cuvintele documentelor tipărite. `label-` sunt titlurile pe care le poate folosi un șablon; restul îl completează serverul.

label-service-order = Comandă de service
label-customer-copy = Exemplarul clientului
label-company-copy = Exemplarul firmei
label-company = Firmă
label-customer = Client
label-site = Locație
label-contact = Persoană responsabilă
label-tax-id = CUI/CNP
label-phone = Telefon
label-email = E-mail
label-order = Comandă
label-number = Număr
label-kind = Tip
label-reason = Motiv
label-status = Stare
label-priority = Prioritate
label-created = Creată
label-scheduled = Programată
label-promised = Promisă până la
label-equipment = Echipament
label-visits = Vizite
label-technician = Tehnician
label-date = Data
label-travel = Deplasare
label-check-in = Check-in
label-pauses = Pauze
label-check-out = Check-out
label-time-on-site = La locație
label-times = Cum sunt cunoscute orele
label-materials = Materiale
label-services = Servicii
label-description = Descriere
label-quantity = Cant.
label-unit = U.M.
label-price = Preț unitar
label-amount = Valoare
label-source = Sursa
label-additional = suplimentar
label-materials-total = Materiale
label-services-total = Servicii
label-total = Total
label-expenses = Cheltuieli
label-expenses-total = Total cheltuieli
label-checklist = Listă de verificare
label-question = Întrebare
label-answer = Răspuns
label-observations = Observații
label-internal = Intern
label-internal-only = Numai pentru firmă
label-photos = Fotografii
label-photo-on-its-way = Fotografie pe drum
label-signature-on-its-way = Semnătură pe drum
label-signatures = Semnături
label-signed = Semnat
label-refused = Semnătură refuzată
label-document-number = Act de identitate
label-signed-version = Versiunea semnată
label-terms = Termenii afișați la semnare
label-gaps = Ce lipsește
label-verify = Verificați acest document
label-version = Versiune
label-page = Pagina
label-page-of = din

title = Comandă de service { $number }
title-without-number = Comandă de service încă fără număr
to-be-confirmed = de confirmat
total-without-unpriced = { $count ->
    [one] fără o linie care nu are încă preț
    [few] fără { $count } linii care nu au încă preț
   *[other] fără { $count } de linii care nu au încă preț
}
gap-photos = { $count ->
    [one] { $count } fotografie nu sosise.
    [few] { $count } fotografii nu sosiseră.
   *[other] { $count } de fotografii nu sosiseră.
}
gap-signature-drawings = { $count ->
    [one] Desenul unei semnături nu sosise.
    [few] Desenele a { $count } semnături nu sosiseră.
   *[other] Desenele a { $count } de semnături nu sosiseră.
}
gap-number = Comanda nu are încă număr.

moment = { $date }, { $time }
window = { $start } – { $end }
minutes = { $count } min
hours = { $hours } h
hours-minutes = { $hours } h { $minutes } min
seconds = { $count } s
plus-minus = { $how } (± { $span })
time-server = ceasul serverului
time-anchored = verificată cu serverul
time-offset = corectată după o repornire
time-device_only = doar ceasul telefonului, neverificată
pause-for = { $from } – { $until }: { $reason }
pause = { $from } – { $until }

priority-normal = normală
priority-high = ridicată
priority-urgent = urgentă
source-van = mașină
source-warehouse = depozit
source-bought = cumpărat
expense-fuel = Combustibil
expense-parking = Parcare
expense-toll = Taxă de drum
expense-meal = Masă
expense-other = Altele
answer-yes = Da
answer-no = Nu
answer-not_applicable = Nu se aplică
answer-photo = vezi fotografiile
answer-signature = vezi semnăturile
stage-before = Înainte
stage-during = În timpul lucrării
stage-after = După
photo-alt = Fotografie: { $stage }. { $caption }
signature-alt = Semnătura desenată de { $name }
logo-alt = Sigla { $name }
equipment-labels = Etichete de echipamente
qr-alt = Cod QR care duce la { $url }
