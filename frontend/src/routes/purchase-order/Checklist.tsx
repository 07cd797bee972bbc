// The eight steps of an order, each with its state, clock, owner, papers, and why it matters.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import { useResource } from '../../api/queries';
import type { OrderSteps, StepPaper } from '../../api/steps';
import type { PurchaseOrder } from '../../api/types';
import { Button, Card, TextField, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure, Loaded, Table } from '../../ui/patterns';
import { StepBadge } from './StepBadge';

export function Checklist({ order }: { order: PurchaseOrder }) {
  const { t } = useTranslation();
  const { date, dayOf } = useFormat();
  const query = useResource<OrderSteps>(
    `/purchase-orders/${encodeURIComponent(order.number)}/steps`,
    { region: order.region },
    true,
  );
  return (
    <Card heading={t('steps.title')} flush>
      <Loaded query={query}>
        {(found) => (
          <Table
            label={t('steps.title')}
            rows={found.steps}
            rowKey={(one) => one.step}
            columns={[
              {
                key: 'step',
                label: t('steps.step'),
                show: (one) => (
                  <>
                    <div>{t(`steps.names.${one.step}`)}</div>
                    <div className="subdued">{t(`steps.why.${one.step}`)}</div>
                  </>
                ),
              },
              {
                key: 'state',
                label: t('steps.state'),
                show: (one) => <StepBadge state={one.state} />,
              },
              {
                key: 'by',
                label: t('steps.clock'),
                show: (one) =>
                  one.by === null || one.state === 'done' || one.state === 'none'
                    ? '–'
                    : date(dayOf(one.by)),
              },
              {
                key: 'papers',
                label: t('steps.papers'),
                show: (one) =>
                  one.papers.length === 0
                    ? '–'
                    : one.papers.map((paper) => (
                        <div key={paper.kind + paper.reference + paper.about}>
                          <Paper paper={paper} order={order} />
                        </div>
                      )),
              },
              {
                key: 'owner',
                label: t('steps.owner'),
                show: (one) => (
                  <Owner
                    key={one.owner}
                    order={order}
                    step={one.step}
                    owner={one.owner}
                    label={t('steps.ownerOf', { step: t(`steps.names.${one.step}`) })}
                  />
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Card>
  );
}

function Paper({ paper, order }: { paper: StepPaper; order: PurchaseOrder }) {
  const { t } = useTranslation();
  const { kind, reference, about } = paper;
  const search = encodeURIComponent(order.number);
  const to = {
    acknowledgement: null,
    shipment: `/shipments/${encodeURIComponent(reference)}`,
    invoice: `/invoices/${about}`,
    deduction: `/deductions/${about}/${encodeURIComponent(reference)}`,
    dispute: `/disputes/${about}`,
    remittance: `/invoices/payments/${about}`,
    evidence: `/evidence?search=${search}`,
  }[kind];
  const label = t(`steps.kinds.${kind}`, { reference });
  return to ? <To to={to}>{label}</To> : <span>{label}</span>;
}

function Owner(props: { order: PurchaseOrder; step: string; owner: string | null; label: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [owner, setOwner] = useState(props.owner ?? '');
  const { number, region } = props.order;
  const give = useMutation({
    mutationFn: () =>
      send(
        'PUT',
        `/purchase-orders/${encodeURIComponent(number)}/steps/${props.step}/owner?region=${region}`,
        { owner: owner.trim() || null },
      ),
    onSuccess: () => setOpen(false),
    onSettled: () => queries.invalidateQueries(),
  });
  if (!isOpen)
    return (
      <>
        {props.owner ?? <span className="subdued">{t('steps.nobody')}</span>}{' '}
        <Button onClick={() => setOpen(true)}>{t('steps.give')}</Button>
      </>
    );
  return (
    <>
      <TextField label={props.label} value={owner} onChange={setOwner} />
      <Button primary busy={give.isPending} onClick={() => give.mutate()}>
        {t('common.save')}
      </Button>
      {give.error && <Failure error={give.error} />}
    </>
  );
}
