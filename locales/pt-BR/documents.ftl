# Palavras dos documentos impressos. `label-` são os títulos que um modelo pode usar; o resto o servidor preenche.

label-service-order = Ordem de serviço
label-customer-copy = Via do cliente
label-company-copy = Via da empresa
label-company = Empresa
label-customer = Cliente
label-site = Local de atendimento
label-contact = Responsável
label-tax-id = CPF/CNPJ
label-phone = Telefone
label-email = E-mail
label-order = Ordem
label-number = Número
label-kind = Tipo
label-reason = Motivo
label-status = Status
label-priority = Prioridade
label-created = Aberta em
label-scheduled = Agendada para
label-promised = Prazo prometido
label-equipment = Equipamento
label-visits = Visitas
label-technician = Técnico
label-date = Data
label-travel = Deslocamento
label-check-in = Check-in
label-pauses = Pausas
label-check-out = Check-out
label-time-on-site = No local
label-times = Como os horários são conhecidos
label-materials = Materiais
label-services = Serviços
label-description = Descrição
label-quantity = Qtd.
label-unit = Unid.
label-price = Preço unit.
label-amount = Valor
label-source = Origem
label-additional = adicional
label-materials-total = Materiais
label-services-total = Serviços
label-total = Total
label-expenses = Despesas
label-expenses-total = Total das despesas
label-checklist = Checklist
label-question = Pergunta
label-answer = Resposta
label-observations = Observações
label-internal = Interno
label-internal-only = Somente para a empresa
label-photos = Fotos
label-photo-on-its-way = Foto a caminho
label-signature-on-its-way = Assinatura a caminho
label-signatures = Assinaturas
label-signed = Assinado
label-refused = Assinatura recusada
label-document-number = Documento
label-signed-version = Versão assinada
label-terms = Termos mostrados ao assinar
label-gaps = O que falta
label-verify = Confira este documento
label-version = Versão
label-page = Página
label-page-of = de

title = Ordem de serviço { $number }
title-without-number = Ordem de serviço ainda sem número
to-be-confirmed = a confirmar
total-without-unpriced = { $count ->
    [one] sem { $count } linha ainda sem preço
   *[other] sem { $count } linhas ainda sem preço
}
gap-photos = { $count ->
    [one] { $count } foto ainda não chegou.
   *[other] { $count } fotos ainda não chegaram.
}
gap-signature-drawings = { $count ->
    [one] O desenho de { $count } assinatura ainda não chegou.
   *[other] Os desenhos de { $count } assinaturas ainda não chegaram.
}
gap-number = A ordem ainda não tem número.

moment = { $date }, { $time }
window = { $start } – { $end }
minutes = { $count } min
hours = { $hours } h
hours-minutes = { $hours } h { $minutes } min
seconds = { $count } s
plus-minus = { $how } (± { $span })
time-server = relógio do servidor
time-anchored = conferido com o servidor
time-offset = corrigido após reinício
time-device_only = só o relógio do celular, não conferido
pause-for = { $from } – { $until }: { $reason }
pause = { $from } – { $until }

priority-normal = normal
priority-high = alta
priority-urgent = urgente
source-van = veículo
source-warehouse = estoque
source-bought = comprado
expense-fuel = Combustível
expense-parking = Estacionamento
expense-toll = Pedágio
expense-meal = Refeição
expense-other = Outra
answer-yes = Sim
answer-no = Não
answer-not_applicable = Não se aplica
answer-photo = ver as fotos
answer-signature = ver as assinaturas
stage-before = Antes
stage-during = Durante
stage-after = Depois
photo-alt = Foto: { $stage }. { $caption }
signature-alt = Assinatura desenhada de { $name }
logo-alt = Logotipo de { $name }
equipment-labels = Etiquetas de equipamentos
qr-alt = Código QR que leva a { $url }
