// Payments that name no invoice of ours: what the rules suggest, and what a person says of it.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import { usePages } from '../../api/queries';
import type { PaymentMatch } from '../../api/reconciliation';
import { useFilters } from '../../shell/filters';
import { Badge, Button, Card, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure, Listed, Narrow, Table } from '../../ui/patterns';

const STATES = ['suggested', 'confirmed', 'refused'] as const;
const TONES = { suggested: 'warning', confirmed: 'success', refused: 'neutral' } as const;

export function Matches() {
  const { t } = useTranslation();
  const [{ match_state }, change] = useFilters(['match_state']);
  const client = useQueryClient();
  const query = usePages<PaymentMatch>('/reconciliation/matches', { state: match_state }, true);
  const decide = useMutation({
    mutationFn: (one: { id: number; how: 'confirm' | 'refuse' }) =>
      send('POST', `/reconciliation/matches/${one.id}/${one.how}`),
    onSettled: () => client.invalidateQueries(),
  });
  return (
    <Card flush heading={t('reconciliation.matches.title')}>
      <p className="subdued padded">{t('reconciliation.matches.what')}</p>
      <div className="filters">
        <Narrow
          label={t('orders.state')}
          value={match_state}
          values={STATES}
          word={(one) => t(`reconciliation.matches.states.${one}`)}
          onChange={(chosen) => change({ match_state: chosen || null })}
        />
      </div>
      {decide.error && <Failure error={decide.error} />}
      <Listed query={query} empty={t('reconciliation.matches.none')}>
        {(rows) => (
          <Rows
            rows={rows}
            busy={decide.isPending}
            onDecide={(id, how) => decide.mutate({ id, how })}
          />
        )}
      </Listed>
    </Card>
  );
}

function Rows(props: {
  rows: PaymentMatch[];
  busy: boolean;
  onDecide: (id: number, how: 'confirm' | 'refuse') => void;
}) {
  const { t } = useTranslation();
  const { money, day } = useFormat();
  return (
    <Table
      label={t('reconciliation.matches.title')}
      rows={props.rows}
      rowKey={(row) => row.id}
      columns={[
        {
          key: 'payment',
          label: t('reconciliation.matches.payment'),
          show: (row) => <Payments match={row} />,
        },
        {
          key: 'invoices',
          label: t('reconciliation.matches.invoices'),
          show: (row) =>
            row.parts.map((part) => (
              <div key={`${part.position}-${part.payment_id}-${part.invoice_id}`}>
                <To to={`/invoices/${part.invoice_id}`}>{part.invoice}</To> {money(part.amount)}
              </div>
            )),
        },
        {
          key: 'rule',
          label: t('reconciliation.matches.rule'),
          show: (row) => t(`reconciliation.matches.rules.${row.rule}`),
        },
        {
          key: 'difference',
          label: t('reconciliation.matches.difference'),
          number: true,
          show: (row) => (Number(row.difference.amount) === 0 ? '–' : money(row.difference)),
        },
        {
          key: 'state',
          label: t('orders.state'),
          show: (row) => (
            <>
              <Badge tone={TONES[row.state]}>
                {t(`reconciliation.matches.states.${row.state}`)}
              </Badge>
              {!row.stands && row.state !== 'refused' && (
                <div className="subdued">{t('reconciliation.matches.changed')}</div>
              )}
              {row.decided_at && <div className="subdued">{day(row.decided_at)}</div>}
            </>
          ),
        },
        {
          key: 'decide',
          label: t('reconciliation.matches.decide'),
          show: (row) => (
            <>
              {row.state === 'suggested' && (
                <Button disabled={props.busy} onClick={() => props.onDecide(row.id, 'confirm')}>
                  {t('reconciliation.matches.confirm')}
                </Button>
              )}
              {row.state !== 'refused' && (
                <Button disabled={props.busy} onClick={() => props.onDecide(row.id, 'refuse')}>
                  {t(
                    row.state === 'suggested'
                      ? 'reconciliation.matches.refuse'
                      : 'reconciliation.matches.takeBack',
                  )}
                </Button>
              )}
            </>
          ),
        },
      ]}
    />
  );
}

/** Each line once, though it may pay several invoices. */
function Payments({ match }: { match: PaymentMatch }) {
  const { money, day } = useFormat();
  const lines = new Map(
    match.parts.map((part) => [`${part.region}/${part.payment_id}/${part.position}`, part]),
  );
  return (
    <>
      {[...lines].map(([key, part]) => (
        <div key={key}>
          <To to={`/invoices/payments/${part.region}/${encodeURIComponent(part.payment_id)}`}>
            {part.reference}
          </To>{' '}
          {money(part.paid)} <span className="subdued">{part.paid_at && day(part.paid_at)}</span>
        </div>
      ))}
    </>
  );
}
