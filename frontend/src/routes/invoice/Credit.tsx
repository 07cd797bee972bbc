// A credit note for an invoice that Amazon has: what it refers to; its lines follow in the draft.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { send } from '../../api/client';
import type { Invoice } from '../../api/types';
import { Button, Card, Select, TextField } from '../../ui/elements';
import { Failure } from '../../ui/patterns';

const ASKED: Record<string, string[]> = {
  invoice: [],
  return: ['returns_reference', 'goods_returned_on'],
  coop: ['coop_reference'],
  debit_note: ['debit_note'],
};

export function Credit({ paper }: { paper: Invoice }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [reason, setReason] = useState('invoice');
  const [said, setSaid] = useState<Record<string, string>>({});
  const asked = ASKED[reason] ?? [];
  const make = useMutation({
    mutationFn: () =>
      send<Invoice>('POST', `/invoices/${paper.id}/credit-notes`, {
        reason,
        ...Object.fromEntries(asked.map((name) => [name, said[name] || null])),
      }),
    onSuccess: (made) => navigate(`/invoices/${made.id}`),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Card heading={t('invoices.creditNote')}>
      {make.error && <Failure error={make.error} />}
      <div className="filters">
        <Select
          label={t('invoices.fields.reason')}
          value={reason}
          onChange={setReason}
          options={Object.keys(ASKED).map((one) => ({
            value: one,
            label: t(`invoices.credits.${one}`),
          }))}
        />
        {asked.map((name) => (
          <TextField
            key={name}
            label={t(`invoices.fields.${name}`)}
            details={name === 'goods_returned_on' ? t('invoices.dayHint') : undefined}
            value={said[name] ?? ''}
            onChange={(value) => setSaid({ ...said, [name]: value })}
          />
        ))}
        <div>
          <Button busy={make.isPending} onClick={() => make.mutate()}>
            {t('invoices.draftCredit')}
          </Button>
        </div>
      </div>
    </Card>
  );
}
