// The answer to Amazon: every line, filled in with what Holdfast proposes and why.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { PurchaseOrder, PurchaseOrderLine } from '../../api/types';
import { toast } from '../../shell/appBridge';
import { Banner, Button, Card, Checkbox, NumberField, Select, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure, Named, Table } from '../../ui/patterns';
import { Cost } from './Cost';

// Said twice, two days apart, it ends all orders of the product (Amazon's vendor guide).
const FOR_GOOD = 'ObsoleteProduct';
const REASONS = ['TemporarilyUnavailable', 'InvalidProductIdentifier', FOR_GOOD];

interface Answer {
  accept: string;
  backorder: string;
  backorderOn: string;
  reject: string;
  reason: string;
}

function proposed(line: PurchaseOrderLine): Answer {
  return {
    accept: String(line.proposal.accept),
    backorder: String(line.proposal.backorder),
    backorderOn: line.proposal.backorder_on ?? '',
    reject: String(line.proposal.reject),
    reason: line.proposal.rejection_reason ?? 'TemporarilyUnavailable',
  };
}

export function Acknowledge({ order, onDone }: { order: PurchaseOrder; onDone?: () => void }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const queries = useQueryClient();
  const [answers, setAnswers] = useState<Record<string, Answer>>(() =>
    Object.fromEntries(order.lines.map((line) => [line.line, proposed(line)])),
  );
  // What Amazon has cancelled stays on the order with no units; it is not answered.
  const open = order.lines.filter((line) => line.ordered_units > 0);
  const [asked, setAsked] = useState(false);
  const [sure, setSure] = useState(false);
  const [isUnknownGivenUp, setUnknownGivenUp] = useState(false);
  const acknowledge = useMutation({
    mutationFn: () =>
      send('POST', `/purchase-orders/${order.number}/acknowledge?region=${order.region}`, {
        lines: open.map((line) => bodyOf(line, answers[line.line] as Answer)),
      }),
    onSuccess: () => {
      toast(t('orders.acknowledged'));
      onDone?.();
    },
    onSettled: () => queries.invalidateQueries(),
  });
  const wrong = (line: PurchaseOrderLine): string | undefined => {
    const answer = answers[line.line] as Answer;
    const parts = [answer.accept, answer.backorder, answer.reject].map(Number);
    const size = line.ordered.unit === 'Cases' ? line.ordered.unit_size : 1;
    if (parts.some((part) => !Number.isInteger(part) || part < 0 || part % size !== 0))
      return t('orders.caseWrong', { size });
    if (parts.reduce((sum, part) => sum + part, 0) !== line.ordered_units)
      return t('orders.sumWrong', { units: line.ordered_units });
    return undefined;
  };
  const edit = (line: string, change: Partial<Answer>) =>
    setAnswers((before) => ({ ...before, [line]: { ...(before[line] as Answer), ...change } }));
  const named = (word: string, line: PurchaseOrderLine) =>
    `${word} ${line.item?.sku ?? line.asin ?? line.line}`;
  const field = (line: PurchaseOrderLine, key: 'accept' | 'backorder' | 'reject') =>
    line.ordered_units === 0 ? (
      '–'
    ) : (
      <NumberField
        label={named(t(`orders.${key}`), line)}
        hideLabel
        value={answers[line.line]?.[key] ?? ''}
        max={line.ordered_units}
        step={line.ordered.unit === 'Cases' ? line.ordered.unit_size : 1}
        error={key === 'accept' && asked ? wrong(line) : undefined}
        onChange={(value) => edit(line.line, { [key]: value })}
      />
    );
  // What Amazon was told is rejected stays rejected, also once we know which item it is.
  const unknown = open.filter(
    (line) => !line.item && Number(answers[line.line]?.reject) > line.rejected,
  );
  const anyWrong = open.some((line) => wrong(line));
  const forGood = open.filter((line) => {
    const answer = answers[line.line] as Answer;
    return Number(answer.reject) > 0 && answer.reason === FOR_GOOD;
  });
  return (
    <Card heading={t(onDone ? 'answerAgain.form' : 'orders.proposal')} flush>
      {acknowledge.error && <Failure error={acknowledge.error} />}
      {asked && anyWrong && <Banner tone="critical" heading={t('orders.fix')} />}
      <Table
        label={t('orders.proposal')}
        rows={order.lines}
        rowKey={(line) => line.line}
        columns={[
          {
            key: 'item',
            label: t('orders.item'),
            show: (line) =>
              line.item ? (
                <Named item={line.item}>
                  <To to={`/stock/${line.item.id}`}>{line.item.sku}</To>
                </Named>
              ) : (
                <span className="negative">
                  {line.asin} {line.vendor_sku}:{' '}
                  <To to="/unmapped-products">{t('orders.unmapped')}</To>
                </span>
              ),
          },
          {
            key: 'ordered',
            label: t('orders.ordered'),
            number: true,
            show: (line) => (
              <span>
                {number(line.ordered_units)}
                {line.ordered.unit === 'Cases' && (
                  <div className="subdued">
                    {t('orders.cases', {
                      count: line.ordered.amount,
                      size: line.ordered.unit_size,
                    })}
                  </div>
                )}
              </span>
            ),
          },
          {
            key: 'held',
            label: t('orders.held'),
            number: true,
            show: (line) => (
              <span>
                {number(line.held)}
                <div className={line.short > 0 ? 'negative' : 'subdued'}>
                  {line.ordered_units === 0
                    ? t('orders.lineCancelled')
                    : t(`orders.because.${line.proposal.because}`)}
                </div>
                {line.proposal.withheld && (
                  <div className="subdued">
                    {t(`orders.withheld.${line.proposal.withheld.because}`, {
                      units: number(line.proposal.withheld.units),
                      value: number(line.proposal.withheld.value ?? 0),
                    })}
                  </div>
                )}
              </span>
            ),
          },
          {
            key: 'cost',
            label: t('orders.cost'),
            number: true,
            show: (line) => <Cost line={line} code={order.vendor_code} />,
          },
          { key: 'accept', label: t('orders.accept'), show: (line) => field(line, 'accept') },
          {
            key: 'backorder',
            label: t('orders.backorder'),
            show: (line) =>
              line.back_order_allowed && line.ordered_units > 0 ? (
                <>
                  {field(line, 'backorder')}
                  {Number(answers[line.line]?.backorder) > 0 && (
                    <input
                      type="date"
                      aria-label={named(t('orders.backorderOn'), line)}
                      value={answers[line.line]?.backorderOn ?? ''}
                      onChange={(event) =>
                        edit(line.line, { backorderOn: event.currentTarget.value })
                      }
                    />
                  )}
                </>
              ) : (
                '–'
              ),
          },
          { key: 'reject', label: t('orders.reject'), show: (line) => field(line, 'reject') },
          {
            key: 'reason',
            label: t('orders.reason'),
            show: (line) =>
              Number(answers[line.line]?.reject) > 0 ? (
                <div className="reason">
                  <Select
                    label={named(t('orders.reason'), line)}
                    hideLabel
                    value={answers[line.line]?.reason ?? ''}
                    onChange={(reason) => edit(line.line, { reason })}
                    options={REASONS.map((one) => ({
                      value: one,
                      label: t(`orders.reasons.${one}`),
                    }))}
                  />
                </div>
              ) : (
                '–'
              ),
          },
        ]}
      />
      {asked && !anyWrong && forGood.length > 0 && (
        <Banner tone="critical" heading={t('orders.forGood', { count: forGood.length })}>
          <Checkbox label={t('orders.forGoodSure')} checked={sure} onChange={setSure} />
        </Banner>
      )}
      {asked && !anyWrong && unknown.length > 0 && (
        <Banner
          tone="critical"
          heading={t('answerAgain.unknown', { count: unknown.length })}
          action={<To to="/unmapped-products">{t('nav.unmapped')}</To>}
        >
          <Checkbox
            label={t('answerAgain.unknownSure')}
            checked={isUnknownGivenUp}
            onChange={setUnknownGivenUp}
          />
        </Banner>
      )}
      <div className="footer">
        <Button
          primary
          busy={acknowledge.isPending}
          onClick={() => {
            setAsked(true);
            const isSure =
              (sure || forGood.length === 0) && (isUnknownGivenUp || unknown.length === 0);
            if (!anyWrong && isSure) acknowledge.mutate();
          }}
        >
          {t('orders.acknowledge')}
        </Button>
      </div>
    </Card>
  );
}

function bodyOf(line: PurchaseOrderLine, answer: Answer) {
  const reject = Number(answer.reject);
  return {
    line: line.line,
    accept: Number(answer.accept),
    backorder: Number(answer.backorder),
    backorder_on: Number(answer.backorder) > 0 && answer.backorderOn ? answer.backorderOn : null,
    reject,
    rejection_reason: reject > 0 ? answer.reason : null,
  };
}
