# Lo que pasó con una orden, en una frase cada cosa. Las cláusulas empiezan en minúscula; la frase completa lleva mayúscula.
# La oficina, quien lee y una persona nombrada tienen cláusulas propias: artículos y verbos cambian entre idiomas.

at-time = a las { $time }
at-time-about = hacia las { $time }
at-date-time = el { $date } a las { $time }
at-date-time-about = el { $date } hacia las { $time }
moment = { $date }, { $time }
window = { $start }–{ $end }
window-on-date = { $date }, { $start }–{ $end }
minutes = { $count } min
hours = { $count } h
hours-minutes = { $hours } h { $minutes } min
days = { $count ->
    [one] { $count } día
   *[other] { $count } días
}
metres = { $number } m
kilometres = { $number } km

name-customer = el cliente
name-system = Campo
name-unknown = alguien
name-unknown-record = un registro eliminado

cancelled-office = la oficina canceló { $when }
cancelled-you = tú cancelaste { $when }
cancelled-person = { $name } canceló { $when }
finished-office = la oficina finalizó { $when } sin saberlo
finished-you = tú finalizaste { $when } sin saberlo
finished-person = { $name } finalizó { $when } sin saberlo
done-beats-cancel = { $cancelled }; { $finished }. El trabajo cuenta.

moved-office = la oficina la pasó a «{ $state }» { $when }
moved-you = tú la pasaste a «{ $state }» { $when }
moved-person = { $name } la pasó a «{ $state }» { $when }
status-overruled = { $loser }; { $winner } sin saberlo. Vale «{ $state }».
status-unclear = La orden fue cambiada por personas que no sabían una de otra. Vale «{ $state }».
step = { $moved }.
step-reason = { $moved }: «{ $reason }».
step-repeated = { $moved }; ya estaba así.
step-void = { $moved }, pero { $why }. No cuenta; el historial lo guarda.
void-unknown_past = sigue a una entrada que nadie tiene
void-cyclic_past = se sigue a sí misma
void-unknown_state = el flujo no tiene ese estado
void-no_transition = ningún paso lleva allí desde «{ $from }»
void-role_not_allowed = sin permiso

far-check-in = Check-in a { $distance } del lugar de servicio: «{ $reason }».
far-check-in-no-reason = Check-in a { $distance } del lugar de servicio, sin motivo.
clock-ahead-you = El reloj de este teléfono va { $span } adelantado. Las horas son estimadas.
clock-ahead-person = El reloj del teléfono de { $name } va { $span } adelantado. Las horas son estimadas.
clock-behind-you = El reloj de este teléfono va { $span } atrasado. Las horas son estimadas.
clock-behind-person = El reloj del teléfono de { $name } va { $span } atrasado. Las horas son estimadas.
late-work = { $count ->
    [one] { $count } entrada de { $name } llegó con la orden ya terminada. Cuenta.
   *[other] { $count } entradas de { $name } llegaron con la orden ya terminada. Cuentan.
}
work-after-reassignment = { $count ->
    [one] { $count } entrada de { $name }, que ya no estaba en esta orden. Cuenta.
   *[other] { $count } entradas de { $name }, que ya no estaba en esta orden. Cuentan.
}
rule-broken-materials = { $count ->
    [one] { $name } agregó un material sin permiso. Se retiró; el historial lo guarda.
   *[other] { $name } agregó { $count } materiales sin permiso. Se retiraron; el historial los guarda.
}
rule-broken-services = { $count ->
    [one] { $name } agregó un servicio sin permiso. Se retiró; el historial lo guarda.
   *[other] { $name } agregó { $count } servicios sin permiso. Se retiraron; el historial los guarda.
}
rule-broken-entries = { $count ->
    [one] { $name } agregó { $count } entrada sin permiso. Se retiró; el historial la guarda.
   *[other] { $name } agregó { $count } entradas sin permiso. Se retiraron; el historial las guarda.
}
deposited = { $count ->
    [one] { $count } entrada de { $name }, cuyo acceso terminó.
   *[other] { $count } entradas de { $name }, cuyo acceso terminó.
}
deposited-on = { $count ->
    [one] { $count } entrada de { $name }, cuyo acceso terminó el { $date }.
   *[other] { $count } entradas de { $name }, cuyo acceso terminó el { $date }.
}
needs-signature = Cambió después de la firma: { $changes }. Requiere una nueva firma.
changed-added = se añadió { $what }
changed-removed = se quitó { $what }
changed-value = { $label }: de { $signed } a { $now }
changed-more = { $count ->
    [one] { $count } cambio más
   *[other] { $count } cambios más
}
entry-visit = la visita de { $name }
entry-photo = una foto
signed-twice = { $count ->
    [one] Firmada { $count } vez.
   *[other] Firmada { $count } veces por personas que no sabían una de la otra. Se conservan todas.
}
taken-twice = { $first } y { $others } tomaron esta orden de la bolsa. Deja a una sola persona.
taken-twice-begun = { $first } y { $others } tomaron esta orden de la bolsa. { $first } empezó primero y es responsable. Quita a { $others } o deja que trabajen juntos.
paid-twice = { $first } y { $others } registraron cada uno un pago de { $amount }. Si el cliente pagó una vez, anula uno de ellos.
many-actors = { $count ->
    [one] { $count } dispositivo ha escrito en esta orden. Revisa si un teléfono se restaura una y otra vez.
   *[other] { $count } dispositivos han escrito en esta orden. Revisa si un teléfono se restaura una y otra vez.
}

conflict = { $field }: { $sides }. { $kept }
set-office = la oficina puso { $value } { $when }
set-you = tú pusiste { $value } { $when }
set-person = { $name } puso { $value } { $when }
emptied-office = la oficina lo dejó vacío { $when }
emptied-you = tú lo dejaste vacío { $when }
emptied-person = { $name } lo dejó vacío { $when }
kept-office = Vale la versión de la oficina.
kept-you = Vale tu versión.
kept-person = Vale la versión de { $name }.
removed-line = { $removed }; { $edited }. Vale la eliminación.
removed-office = la oficina quitó «{ $description }»
removed-you = tú quitaste «{ $description }»
removed-person = { $name } quitó «{ $description }»
set-it-office = la oficina puso { $value }
set-it-you = tú pusiste { $value }
set-it-person = { $name } puso { $value }

field-kind = Tipo de orden
field-workflow = Flujo
field-priority = Prioridad
field-reason = Motivo
field-customer = Cliente
field-contact = Contacto
field-site = Lugar de servicio
field-draft_customer = Cliente anotado en campo
field-place = Lugar
field-window = Horario
field-promised = Fecha prometida
field-duration_minutes = Duración
field-currency = Moneda
field-zone = Zona horaria
field-other = Campo «{ $name }»
field-total_minor = Total
field-caption = Leyenda
field-arrived = Check-in
field-is_additional = Ítem adicional
field-equipment = Equipo
field-assignee = Participación de { $name }
field-answer = Respuesta a «{ $question }»
field-of-line = { $label } de «{ $description }»
field-quantity = Cantidad
field-price_minor = Precio
field-description = Descripción
field-unit = Unidad
field-source = Origen

priority-normal = normal
priority-high = alta
priority-urgent = urgente
place-on_site = a domicilio
place-in_shop = en taller
place-remote = remoto
crew-lead = responsable
crew-helper = ayudante
crew-taken = la tomó de la bolsa
crew-offered = ofrecida en la bolsa
crew-none = sin asignar
answer-yes = sí
answer-no = no
answer-not_applicable = no aplica
answer-photo = una foto
answer-signature = una firma
value-nothing = nada
value-quoted = «{ $text }»

rejected = No aceptado: { $reason }. Tu entrada queda guardada aquí.
refused = No aceptado: { $reason }.
held = Esperando a la oficina: { $reason }. Tu trabajo está a salvo en el servidor.

reason-damaged = se dañó en el camino o en este teléfono
reason-too-large = es más grande de lo que una orden admite de una vez
reason-unreadable = esta aplicación lo escribió de una forma que no se puede leer
reason-actor_not_yours = lleva el nombre de otro dispositivo
reason-not_assigned = no estabas en esta orden
reason-unknown_order = no hay tal orden para ti
reason-forbidden_field = no puedes cambiar este campo
reason-immutable = las firmas y las horas registradas nunca se cambian
reason-depends_on_refused = se apoya en una entrada que no se aceptó
reason-discarded_by_office = la oficina decidió no aceptarlo
reason-other = el servidor dio el motivo «{ $code }»
reason-role_forbidden = tu perfil no lo permite
reason-order_closed = la orden está cerrada
reason-wrong_moment = la orden aún no existe, o ya existe
reason-no_such_entry = la orden no tiene esa entrada
reason-invalid_value = no se puede leer { $label }
reason-no_transition = ningún paso lleva de «{ $from }» a «{ $to }»
reason-reason_required = hace falta un motivo
reason-guards_unmet = aún falta: { $list }
reason-visit_step = la visita está en «{ $state }»

held-author_disabled = tu acceso terminó
held-order_deleted = la orden fue eliminada
held-order_full = la orden está llena
held-order_quarantined = la orden necesita reparación
held-unsupported = primero hay que actualizar el servidor
held-depends_on_held = se apoya en una entrada que está en espera
held-other = el servidor dio el motivo «{ $code }»

photos-on-their-way = { $count ->
    [one] { $count } foto en camino.
   *[other] { $count } fotos en camino.
}

guard-checklist_complete = la lista de verificación
guard-signed = la firma
guard-minimum_photos = { $count ->
    [one] { $count } foto
   *[other] { $count } fotos
}
guard-quote_approved = la aprobación del presupuesto
guard-checked_out = el check-out
guard-report_text = el texto del informe
guard-paid = el pago
guard-has_assignee = un responsable
guard-has_window = un horario

visit-planned = planificada
visit-traveling = en camino
visit-on_site = en el lugar
visit-paused = en pausa
visit-done = terminada

# Columns of exported lists.
column-number = Número
column-state = Estado
column-kind = Tipo
column-priority = Prioridad
column-place = Lugar
column-customer = Cliente
column-reason = Motivo
column-window_start = Ventana desde
column-window_end = Ventana hasta
column-promised = Prometida
column-created = Creada
column-technicians = Técnicos
column-late = Atrasada
column-attention = Por resolver
column-total = Total
column-paid = Pagado
column-currency = Moneda
column-id = Id
column-name = Nombre
column-legal_name = Razón social
column-tax_id = Identificación fiscal
column-email = Correo electrónico
column-phone = Teléfono
column-notes = Notas
column-street = Calle
column-city = Ciudad
column-region = Región
column-district = Barrio
column-postal_code = Código postal
column-country = País
column-serial = Número de serie
column-manufacturer = Fabricante
column-model = Modelo
column-code = Código
column-unit = Unidad
column-price_minor = Precio
column-barcode = Código de barras
column-archived = Archivado
column-created_at = Creado el
column-updated_at = Actualizado el
column-at = Cuándo
column-seq = Posición
column-user_id = Id de la persona
column-user_name = Persona
column-device_id = Id del dispositivo
column-action = Acción
column-subject = Objeto
column-details = Detalles
column-hash = Hash
column-role = Rol
column-language = Idioma
column-disabled = Desactivado
column-platform = Plataforma
column-enrolled_at = Registrado el
column-seen_at = Visto por última vez
column-revoked_at = Revocado el
column-version = Versión

# Why somebody is suggested for an order.
suggestion-near-visit = a { $km } km de la visita anterior
suggestion-near-base = a { $km } km del punto de partida
suggestion-distance-unknown = distancia desconocida
suggestion-works = trabaja { $hours } horas ese día
suggestion-hours-unknown = horario desconocido
suggestion-away = no trabaja ese día
suggestion-assigned = ya está en esta orden
suggestion-skills = { $count ->
    [one] tiene la habilidad necesaria
   *[other] tiene las { $count } habilidades necesarias
}
suggestion-skills-missing = le faltan { $missing } de { $count } habilidades necesarias
suggestion-load = { $count ->
    [0] nada planeado ese día
    [one] { $count } orden ese día
   *[other] { $count } órdenes ese día
}
