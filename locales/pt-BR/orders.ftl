# O que aconteceu com uma OS, em uma frase cada. As orações começam em minúscula; a frase pronta recebe a maiúscula.
# O escritório, quem lê e uma pessoa nomeada têm orações próprias: artigos e verbos mudam de um idioma para outro.

at-time = às { $time }
at-time-about = por volta das { $time }
at-date-time = em { $date } às { $time }
at-date-time-about = em { $date } por volta das { $time }
moment = { $date }, { $time }
window = { $start }–{ $end }
window-on-date = { $date }, { $start }–{ $end }
minutes = { $count } min
hours = { $count } h
hours-minutes = { $hours } h { $minutes } min
days = { $count ->
    [one] { $count } dia
   *[other] { $count } dias
}
metres = { $number } m
kilometres = { $number } km

name-customer = o cliente
name-system = Campo
name-unknown = alguém
name-unknown-record = um cadastro removido

cancelled-office = o escritório cancelou { $when }
cancelled-you = você cancelou { $when }
cancelled-person = { $name } cancelou { $when }
finished-office = o escritório finalizou { $when } sem saber
finished-you = você finalizou { $when } sem saber
finished-person = { $name } finalizou { $when } sem saber
done-beats-cancel = { $cancelled }; { $finished }. O trabalho vale.

moved-office = o escritório mudou para “{ $state }” { $when }
moved-you = você mudou para “{ $state }” { $when }
moved-person = { $name } mudou para “{ $state }” { $when }
status-overruled = { $loser }; { $winner } sem saber. Vale “{ $state }”.
status-unclear = A OS foi alterada por pessoas que não sabiam uma da outra. Vale “{ $state }”.
step = { $moved }.
step-reason = { $moved }: “{ $reason }”.
step-repeated = { $moved }; já estava assim.
step-void = { $moved }, mas { $why }. Não conta; o histórico guarda.
void-unknown_past = vem depois de um registro que ninguém tem
void-cyclic_past = vem depois de si mesmo
void-unknown_state = o fluxo não tem essa situação
void-no_transition = não há passo até lá a partir de “{ $from }”
void-role_not_allowed = sem permissão

far-check-in = Check-in a { $distance } do local de atendimento: “{ $reason }”.
far-check-in-no-reason = Check-in a { $distance } do local de atendimento, sem motivo informado.
clock-ahead-you = O relógio deste celular está { $span } adiantado. Os horários são estimados.
clock-ahead-person = O relógio do celular de { $name } está { $span } adiantado. Os horários são estimados.
clock-behind-you = O relógio deste celular está { $span } atrasado. Os horários são estimados.
clock-behind-person = O relógio do celular de { $name } está { $span } atrasado. Os horários são estimados.
late-work = { $count ->
    [one] { $count } registro de { $name } chegou com a OS já terminada. Ele vale.
   *[other] { $count } registros de { $name } chegaram com a OS já terminada. Eles valem.
}
work-after-reassignment = { $count ->
    [one] { $count } registro de { $name }, que já não estava nesta OS. Ele vale.
   *[other] { $count } registros de { $name }, que já não estava nesta OS. Eles valem.
}
rule-broken-materials = { $count ->
    [one] { $name } adicionou um material sem permissão. Foi retirado; o histórico guarda.
   *[other] { $name } adicionou { $count } materiais sem permissão. Foram retirados; o histórico guarda.
}
rule-broken-services = { $count ->
    [one] { $name } adicionou um serviço sem permissão. Foi retirado; o histórico guarda.
   *[other] { $name } adicionou { $count } serviços sem permissão. Foram retirados; o histórico guarda.
}
rule-broken-entries = { $count ->
    [one] { $name } adicionou { $count } registro sem permissão. Foi retirado; o histórico guarda.
   *[other] { $name } adicionou { $count } registros sem permissão. Foram retirados; o histórico guarda.
}
deposited = { $count ->
    [one] { $count } registro de { $name }, cujo acesso terminou.
   *[other] { $count } registros de { $name }, cujo acesso terminou.
}
deposited-on = { $count ->
    [one] { $count } registro de { $name }, cujo acesso terminou em { $date }.
   *[other] { $count } registros de { $name }, cujo acesso terminou em { $date }.
}
needs-signature = Alterado depois da assinatura: { $changes }. Precisa de nova assinatura.
changed-added = { $what } foi incluído
changed-removed = { $what } foi retirado
changed-value = { $label }: { $signed } passou a { $now }
changed-more = { $count ->
    [one] mais { $count } alteração
   *[other] mais { $count } alterações
}
entry-visit = a visita de { $name }
entry-photo = uma foto
signed-twice = { $count ->
    [one] Assinada { $count } vez.
   *[other] Assinada { $count } vezes por pessoas que não sabiam uma da outra. Todas ficam guardadas.
}
taken-twice = { $first } e { $others } pegaram esta OS na fila comum. Deixe com uma das pessoas.
taken-twice-begun = { $first } e { $others } pegaram esta OS na fila comum. { $first } começou primeiro e é responsável. Retire { $others } ou deixe trabalharem juntos.
paid-twice = { $first } e { $others } registraram cada um um pagamento de { $amount }. Se o cliente pagou uma vez, desfaça um deles.
many-actors = { $count ->
    [one] { $count } aparelho escreveu nesta OS. Verifique se um celular está sendo restaurado repetidamente.
   *[other] { $count } aparelhos escreveram nesta OS. Verifique se um celular está sendo restaurado repetidamente.
}

conflict = { $field }: { $sides }. { $kept }
set-office = o escritório definiu { $value } { $when }
set-you = você definiu { $value } { $when }
set-person = { $name } definiu { $value } { $when }
emptied-office = o escritório deixou vazio { $when }
emptied-you = você deixou vazio { $when }
emptied-person = { $name } deixou vazio { $when }
kept-office = Vale a versão do escritório.
kept-you = Vale a sua versão.
kept-person = Vale a versão de { $name }.
removed-line = { $removed }; { $edited }. Vale a remoção.
removed-office = o escritório removeu “{ $description }”
removed-you = você removeu “{ $description }”
removed-person = { $name } removeu “{ $description }”
set-it-office = o escritório definiu { $value }
set-it-you = você definiu { $value }
set-it-person = { $name } definiu { $value }

field-kind = Tipo de OS
field-workflow = Fluxo
field-priority = Prioridade
field-reason = Motivo
field-customer = Cliente
field-contact = Contato
field-site = Local de atendimento
field-draft_customer = Cliente anotado em campo
field-place = Lugar
field-window = Horário
field-promised = Data prometida
field-duration_minutes = Duração
field-currency = Moeda
field-zone = Fuso horário
field-other = Campo “{ $name }”
field-total_minor = Total
field-caption = Legenda
field-arrived = Check-in
field-is_additional = Item adicional
field-equipment = Equipamento
field-assignee = Participação de { $name }
field-answer = Resposta a “{ $question }”
field-of-line = { $label } de “{ $description }”
field-quantity = Quantidade
field-price_minor = Preço
field-description = Descrição
field-unit = Unidade
field-source = Origem

priority-normal = normal
priority-high = alta
priority-urgent = urgente
place-on_site = no cliente
place-in_shop = na loja
place-remote = remoto
crew-lead = responsável
crew-helper = ajudante
crew-taken = pegou na fila comum
crew-offered = oferecida na fila comum
crew-none = fora da equipe
answer-yes = sim
answer-no = não
answer-not_applicable = não se aplica
answer-photo = uma foto
answer-signature = uma assinatura
value-nothing = nada
value-quoted = “{ $text }”

rejected = Não aceito: { $reason }. Seu registro fica guardado aqui.
refused = Não aceito: { $reason }.
held = Aguardando o escritório: { $reason }. Seu trabalho está seguro no servidor.

reason-damaged = foi danificado no caminho ou neste celular
reason-too-large = é maior do que uma OS pode receber de uma vez
reason-unreadable = este aplicativo o gravou em um formato que não pode ser lido
reason-actor_not_yours = leva o nome de outro aparelho
reason-not_assigned = você não estava nesta OS
reason-unknown_order = não há uma OS assim para você
reason-forbidden_field = você não pode alterar este campo
reason-immutable = assinaturas e horários registrados nunca são alterados
reason-depends_on_refused = depende de um registro que não foi aceito
reason-discarded_by_office = o escritório decidiu não aceitar
reason-other = o servidor informou o motivo “{ $code }”
reason-role_forbidden = seu perfil não permite isto
reason-order_closed = a OS está encerrada
reason-wrong_moment = a OS ainda não existe, ou já existe
reason-no_such_entry = a OS não tem esse registro
reason-invalid_value = não foi possível ler { $label }
reason-no_transition = não há passo de “{ $from }” para “{ $to }”
reason-reason_required = é preciso informar o motivo
reason-guards_unmet = ainda falta: { $list }
reason-visit_step = a visita está em “{ $state }”

held-author_disabled = seu acesso terminou
held-order_deleted = a OS foi excluída
held-order_full = a OS está cheia
held-order_quarantined = a OS precisa de reparo
held-unsupported = o servidor precisa ser atualizado antes
held-depends_on_held = depende de um registro que está aguardando
held-other = o servidor informou o motivo “{ $code }”

photos-on-their-way = { $count ->
    [one] { $count } foto a caminho.
   *[other] { $count } fotos a caminho.
}

guard-checklist_complete = o checklist
guard-signed = a assinatura
guard-minimum_photos = { $count ->
    [one] { $count } foto
   *[other] { $count } fotos
}
guard-quote_approved = a aprovação do orçamento
guard-checked_out = o check-out
guard-report_text = o texto do relatório
guard-paid = o pagamento
guard-has_assignee = um responsável
guard-has_window = um horário

visit-planned = planejada
visit-traveling = a caminho
visit-on_site = no cliente
visit-paused = em pausa
visit-done = concluída

# Columns of exported lists.
column-number = Número
column-state = Status
column-kind = Tipo
column-priority = Prioridade
column-place = Local
column-customer = Cliente
column-reason = Motivo
column-window_start = Janela de
column-window_end = Janela até
column-promised = Prometida
column-created = Aberta
column-technicians = Técnicos
column-late = Atrasada
column-attention = Pendências
column-total = Total
column-paid = Pago
column-currency = Moeda
column-id = Id
column-name = Nome
column-legal_name = Razão social
column-tax_id = CPF/CNPJ
column-email = E-mail
column-phone = Telefone
column-notes = Observações
column-street = Rua
column-city = Cidade
column-region = Estado
column-district = Bairro
column-postal_code = CEP
column-country = País
column-serial = Número de série
column-manufacturer = Fabricante
column-model = Modelo
column-code = Código
column-unit = Unidade
column-price_minor = Preço
column-barcode = Código de barras
column-archived = Arquivado
column-created_at = Criado em
column-updated_at = Alterado em
column-at = Quando
column-seq = Posição
column-user_id = Id da pessoa
column-user_name = Pessoa
column-device_id = Id do aparelho
column-action = Ação
column-subject = Objeto
column-details = Detalhes
column-hash = Hash
column-role = Papel
column-language = Idioma
column-disabled = Desativado
column-platform = Plataforma
column-enrolled_at = Registrado em
column-seen_at = Visto por último
column-revoked_at = Revogado em
column-version = Versão

# Why somebody is suggested for an order.
suggestion-near-visit = { $km } km da visita anterior
suggestion-near-base = { $km } km do ponto de partida
suggestion-distance-unknown = distância desconhecida
suggestion-works = trabalha { $hours } horas nesse dia
suggestion-hours-unknown = horário desconhecido
suggestion-away = não trabalha nesse dia
suggestion-assigned = já está nesta ordem
suggestion-skills = { $count ->
    [one] tem a habilidade necessária
   *[other] tem todas as { $count } habilidades necessárias
}
suggestion-skills-missing = faltam { $missing } de { $count } habilidades necessárias
suggestion-load = { $count ->
    [0] nada planejado nesse dia
    [one] { $count } ordem nesse dia
   *[other] { $count } ordens nesse dia
}
