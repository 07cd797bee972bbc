// An invoice's lines beside what was received; a draft's units and costs can be changed.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { Invoice, InvoiceLine } from '../../api/types';
import { toast } from '../../shell/appBridge';
import { Button, Card, NumberField, TextField, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { type Column, Failure, Named, Table } from '../../ui/patterns';
import { orderPath } from '../orderPath';
import { keyOf, percentOf, type SaidLine, saying } from './saying';

export function Lines({ paper }: { paper: Invoice }) {
  const { t } = useTranslation();
  const { cost, money, number } = useFormat();
  const queries = useQueryClient();
  const [typed, setTyped] = useState<Record<string, SaidLine>>({});
  const unitsOf = (line: InvoiceLine) => typed[keyOf(line)]?.units ?? String(line.units);
  const costOf = (line: InvoiceLine) => typed[keyOf(line)]?.cost ?? line.cost?.amount ?? '';
  const set = (line: InvoiceLine, said: SaidLine) =>
    setTyped((before) => ({ ...before, [keyOf(line)]: { ...before[keyOf(line)], ...said } }));
  const save = useMutation({
    mutationFn: () => send('PUT', `/invoices/${paper.id}`, saying(paper, typed)),
    onSuccess: () => {
      setTyped({});
      toast(t('common.saved'));
    },
    onSettled: () => queries.invalidateQueries(),
  });
  const isOpen = paper.can.includes('edit');
  const isIndian = paper.lines.some((line) => line.cost?.currency === 'INR');
  const isTaxed = isIndian || paper.lines.some((line) => Number(line.tax_rate) > 0);
  // What the standard of the country or the form of the paper does not already say.
  const taxing: Column<InvoiceLine>[] = [
    {
      key: 'percent',
      label: t('invoices.taxPercent'),
      number: true,
      show: (line) =>
        isOpen ? (
          <NumberField
            label={`${t('invoices.taxPercent')} ${keyOf(line)}`}
            hideLabel
            step={0.01}
            max={99}
            details={line.said_tax_rate === null ? t('invoices.taxHint') : undefined}
            value={typed[keyOf(line)]?.percent ?? percentOf(line.said_tax_rate)}
            onChange={(percent) => set(line, { percent })}
          />
        ) : (
          percentOf(line.tax_rate)
        ),
    },
  ];
  const coded: Column<InvoiceLine>[] = [
    {
      key: 'hsn',
      label: t('invoices.hsnCode'),
      show: (line) =>
        isOpen ? (
          <TextField
            label={`${t('invoices.hsnCode')} ${keyOf(line)}`}
            hideLabel
            value={typed[keyOf(line)]?.hsn ?? line.hsn_code ?? ''}
            onChange={(hsn) => set(line, { hsn: hsn.trim() })}
          />
        ) : (
          line.hsn_code
        ),
    },
  ];
  const counted = (key: 'shipped' | 'received' | 'invoiced_before'): Column<InvoiceLine> => ({
    key,
    label: t(key === 'invoiced_before' ? 'invoices.before' : `orders.${key}`),
    number: true,
    show: (line) => number(line[key]),
  });
  return (
    <Card heading={t('invoices.lines')} flush>
      {save.error && <Failure error={save.error} />}
      <Table
        label={t('invoices.lines')}
        rows={paper.lines}
        rowKey={keyOf}
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
                line.asin
              ),
          },
          {
            key: 'order',
            label: t('invoices.order'),
            show: (line) => <To to={orderPath(line.number, paper.region)}>{line.number}</To>,
          },
          counted('shipped'),
          counted('received'),
          counted('invoiced_before'),
          {
            key: 'units',
            label: t('orders.units'),
            number: true,
            show: (line) =>
              isOpen ? (
                <NumberField
                  label={`${t('orders.units')} ${keyOf(line)}`}
                  hideLabel
                  value={unitsOf(line)}
                  onChange={(units) => set(line, { units })}
                />
              ) : (
                number(line.units)
              ),
          },
          ...(paper.landed_at
            ? [
                {
                  key: 'amazon',
                  label: t('invoices.atAmazon'),
                  number: true,
                  show: (line: InvoiceLine) =>
                    line.amazon_units === null ? '–' : number(line.amazon_units),
                },
                {
                  key: 'matched',
                  label: t('invoices.matched'),
                  number: true,
                  show: (line: InvoiceLine) =>
                    line.matched_units === null ? '–' : number(line.matched_units),
                },
              ]
            : []),
          {
            key: 'cost',
            label: t('orders.cost'),
            number: true,
            show: (line) =>
              isOpen ? (
                <NumberField
                  label={`${t('orders.cost')} ${keyOf(line)}`}
                  hideLabel
                  step={0.01}
                  value={costOf(line)}
                  onChange={(cost) => set(line, { cost })}
                />
              ) : (
                cost(line.cost)
              ),
          },
          ...(isIndian ? coded : []),
          ...(isTaxed ? taxing : []),
          {
            key: 'amount',
            label: t('invoices.amount'),
            number: true,
            show: (line) => money(line.amount),
          },
        ]}
      />
      {isOpen && Object.keys(typed).length > 0 && (
        <div className="footer">
          <Button primary busy={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </div>
      )}
    </Card>
  );
}
