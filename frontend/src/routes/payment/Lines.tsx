// The lines of a payment, each with the invoice that it pays: named by it, matched, or said by a person.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { RemittanceDetail, RemittanceLine } from '../../api/payments';
import { usePages } from '../../api/queries';
import type { MatchedInvoice, MatchPart, PaymentMatch } from '../../api/reconciliation';
import { Choose } from '../../ui/Choose';
import { Button, Card, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure, Table } from '../../ui/patterns';

export function Lines({ payment }: { payment: RemittanceDetail }) {
  const { t } = useTranslation();
  const { money } = useFormat();
  const matches = usePages<PaymentMatch>('/reconciliation/matches', {
    region: payment.region,
    payment_id: payment.payment_id,
  });
  const found = matches.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Card flush heading={t('payments.linesTitle')}>
      <Table
        label={t('payments.linesTitle')}
        rows={payment.data}
        rowKey={(line) => line.position}
        columns={[
          {
            key: 'reference',
            label: t('payments.reference'),
            show: (line) => (
              <span>
                {line.invoice_id === null ? (
                  line.reference
                ) : (
                  <To to={`/invoices/${line.invoice_id}`}>{line.reference}</To>
                )}
                {line.description && <div className="subdued">{line.description}</div>}
              </span>
            ),
          },
          {
            key: 'kind',
            label: t('payments.kind'),
            show: (line) => t(`payments.kinds.${line.kind}`),
          },
          {
            key: 'pays',
            label: t('payments.pays'),
            show: (line) =>
              isUnmatched(line) ? <Pays payment={payment} line={line} matches={found} /> : '–',
          },
          ...(['total', 'discount', 'withheld', 'paid'] as const).map((amount) => ({
            key: amount,
            label: t(`payments.${amount}`),
            number: true,
            show: (line: RemittanceLine) => money(line[amount]),
          })),
        ]}
      />
    </Card>
  );
}

/** Money that names no invoice of ours; what names one needs nobody's word. */
function isUnmatched(line: RemittanceLine) {
  return (
    line.invoice_id === null &&
    ['unknown', 'invoice'].includes(line.kind) &&
    Number(line.paid.amount) > 0
  );
}

function Pays(props: { payment: RemittanceDetail; line: RemittanceLine; matches: PaymentMatch[] }) {
  const { t } = useTranslation();
  const { money } = useFormat();
  const client = useQueryClient();
  const { payment, line } = props;
  const decide = useMutation({
    mutationFn: ({ path, body }: { path: string; body?: object }) =>
      send('POST', `/reconciliation/matches${path}`, body),
    onSettled: () => client.invalidateQueries(),
  });
  const own = (match: PaymentMatch) =>
    match.parts.filter((part) => part.position === line.position);
  const standing = props.matches.filter((one) => one.state !== 'refused' && own(one).length > 0);
  const confirmed = standing.find((one) => one.state === 'confirmed');
  return (
    <>
      {decide.error && <Failure error={decide.error} />}
      {standing.map((match) => (
        <div key={match.id}>
          {own(match).map((part) => (
            <Paid key={part.invoice_id} part={part} />
          ))}
          <span className="subdued">{t(`reconciliation.matches.states.${match.state}`)}</span>{' '}
          {match.state === 'suggested' && (
            <Button
              busy={decide.isPending}
              onClick={() => decide.mutate({ path: `/${match.id}/confirm` })}
            >
              {t('reconciliation.matches.confirm')}
            </Button>
          )}{' '}
          <Button
            busy={decide.isPending}
            onClick={() => decide.mutate({ path: `/${match.id}/refuse` })}
          >
            {t(`reconciliation.matches.${match.state === 'suggested' ? 'refuse' : 'takeBack'}`)}
          </Button>
        </div>
      ))}
      {!confirmed && (
        <Choose<MatchedInvoice>
          open={t('payments.paysWhich')}
          label={t('payments.findInvoice')}
          path="/reconciliation/invoices"
          query={{ currency: line.paid.currency, open: true }}
          rowKey={(one) => one.invoice_id}
          show={(one) => (
            <>
              <To to={`/invoices/${one.invoice_id}`}>{one.number}</To>{' '}
              <span className="subdued">{t('payments.toCome', { amount: money(one.open) })}</span>
            </>
          )}
          choose={t('bank.confirm')}
          busy={decide.isPending}
          onChoose={(one) =>
            decide.mutate({
              path: '',
              body: {
                region: payment.region,
                payment_id: payment.payment_id,
                position: line.position,
                invoice_id: one.invoice_id,
              },
            })
          }
        />
      )}
    </>
  );
}

function Paid({ part }: { part: MatchPart }) {
  const { money } = useFormat();
  return (
    <div>
      <To to={`/invoices/${part.invoice_id}`}>{part.invoice}</To> {money(part.amount)}
    </div>
  );
}
