// Charges and allowances of a whole invoice, and the number that some countries' law wants.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { Invoice } from '../../api/types';
import { toast } from '../../shell/appBridge';
import { Badge, Button, Card, NumberField, Select, TextField } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Failure, Table } from '../../ui/patterns';
import { type SaidCharge, saying } from './saying';

const TYPES = [
  'Freight',
  'Packing',
  'Duty',
  'Service',
  'SmallOrder',
  'InsurancePlacementCost',
  'InsuranceFee',
  'SpecialHandlingService',
  'CollectionAndRecyclingService',
  'EnvironmentalProtectionService',
  'TaxCollectedAtSource',
  'Discount',
  'DiscountIncentive',
  'Defective',
  'Promotional',
  'UnsaleableMerchandise',
  'Special',
];
const NOTHING = { type: 'Freight', amount: '', description: '' };

export function Charges({ paper }: { paper: Invoice }) {
  const { t } = useTranslation();
  const { money } = useFormat();
  const queries = useQueryClient();
  const [said, setSaid] = useState(NOTHING);
  const [reference, setReference] = useState<string | null>(null);
  const known: SaidCharge[] = paper.charges.map((one) => ({
    type: one.type,
    amount: one.amount.amount,
    description: one.description,
  }));
  const save = useMutation({
    mutationFn: (head: { charges?: SaidCharge[]; reference_number?: string | null }) =>
      send('PUT', `/invoices/${paper.id}`, saying(paper, {}, head)),
    onSuccess: () => {
      setSaid(NOTHING);
      setReference(null);
      toast(t('common.saved'));
    },
    onSettled: () => queries.invalidateQueries(),
  });
  const isOpen = paper.can.includes('edit');
  if (!isOpen && known.length === 0 && !paper.reference_number) return null;
  const referenceNumber = reference ?? paper.reference_number ?? '';
  return (
    <Card heading={t('invoices.charges.title')}>
      <p className="subdued">{t('invoices.charges.what')}</p>
      {save.error && <Failure error={save.error} />}
      {known.length === 0 ? (
        <Empty>{t('invoices.charges.none')}</Empty>
      ) : (
        <Table
          label={t('invoices.charges.title')}
          rows={paper.charges.map((one, index) => ({ ...one, index }))}
          rowKey={(row) => row.index}
          columns={[
            {
              key: 'type',
              label: t('invoices.charges.type'),
              show: (row) => (
                <>
                  {t(`invoices.charges.types.${row.type}`)}{' '}
                  {row.is_allowance && <Badge>{t('invoices.charges.allowance')}</Badge>}
                  {row.description && <div className="subdued">{row.description}</div>}
                </>
              ),
            },
            {
              key: 'amount',
              label: t('invoices.charges.amount'),
              number: true,
              show: (row) => `${row.is_allowance ? '−' : ''}${money(row.amount)}`,
            },
            {
              key: 'tax',
              label: t('invoices.charges.tax'),
              number: true,
              show: (row) => `${row.is_allowance ? '−' : ''}${money(row.tax)}`,
            },
            {
              key: 'do',
              label: '',
              show: (row) =>
                isOpen && (
                  <Button
                    disabled={save.isPending}
                    onClick={() =>
                      save.mutate({ charges: known.filter((_, index) => index !== row.index) })
                    }
                  >
                    {t('invoices.charges.remove')}
                  </Button>
                ),
            },
          ]}
        />
      )}
      {isOpen ? (
        <div className="filters top">
          <Select
            label={t('invoices.charges.type')}
            value={said.type}
            onChange={(type) => setSaid({ ...said, type })}
            options={TYPES.map((one) => ({
              value: one,
              label: t(`invoices.charges.types.${one}`),
            }))}
          />
          <NumberField
            label={t('invoices.charges.amount')}
            value={said.amount}
            step={0.01}
            onChange={(amount) => setSaid({ ...said, amount })}
          />
          <TextField
            label={t('invoices.charges.description')}
            value={said.description}
            onChange={(description) => setSaid({ ...said, description })}
          />
          <Button
            busy={save.isPending}
            disabled={!(Number(said.amount) > 0)}
            onClick={() =>
              save.mutate({
                charges: [...known, { ...said, description: said.description || null }],
              })
            }
          >
            {t('invoices.charges.add')}
          </Button>
          <TextField
            label={t('invoices.referenceNumber')}
            value={referenceNumber}
            onChange={setReference}
          />
          {reference !== null && (
            <Button
              busy={save.isPending}
              onClick={() => save.mutate({ reference_number: reference.trim() || null })}
            >
              {t('common.save')}
            </Button>
          )}
        </div>
      ) : (
        paper.reference_number && (
          <p>
            {t('invoices.referenceNumber')}: {paper.reference_number}
          </p>
        )
      )}
    </Card>
  );
}
