// How one vendor code exchanges X12: ids, separators and version, as agreed with Amazon's EDI team.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { X12Partner } from '../../api/x12';
import { toast } from '../../shell/appBridge';
import { Button, Card, Checkbox, NumberField, TextField } from '../../ui/elements';
import { Failure } from '../../ui/patterns';

const FIELDS = [
  'own_qualifier',
  'own_id',
  'own_group_id',
  'partner_qualifier',
  'partner_id',
  'partner_group_id',
  'version',
  'element_separator',
  'component_separator',
  'segment_separator',
] as const;
const USUAL = {
  own_qualifier: 'ZZ',
  own_id: '',
  own_group_id: '',
  partner_qualifier: 'ZZ',
  partner_id: 'AMAZON',
  partner_group_id: '',
  version: '004010',
  element_separator: '*',
  component_separator: '>',
  segment_separator: '~',
};

export function Partner({ partner }: { partner: X12Partner }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form, setForm] = useState<Record<string, string>>(() =>
    Object.fromEntries(
      FIELDS.map((name) => [name, partner.own_id === null ? USUAL[name] : (partner[name] ?? '')]),
    ),
  );
  const [isTest, setIsTest] = useState(partner.is_test ?? true);
  const [next, setNext] = useState('');
  const save = useMutation({
    mutationFn: () =>
      send('PUT', `/x12/partners/${encodeURIComponent(partner.vendor_code)}`, {
        ...form,
        own_group_id: form.own_group_id || null,
        partner_group_id: form.partner_group_id || null,
        region: partner.region,
        is_test: isTest,
        next_number: next ? Number(next) : null,
      }),
    onSuccess: () => {
      setNext('');
      toast(t('common.saved'));
    },
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Card heading={`${partner.vendor_code} · ${t(`settings.regions.${partner.region}`)}`}>
      {save.error && <Failure error={save.error} />}
      {partner.own_id === null && <p className="subdued">{t('x12.notSetUp')}</p>}
      <div className="fields">
        {FIELDS.map((name) => (
          <TextField
            key={name}
            label={t(`x12.fields.${name}`)}
            value={form[name] ?? ''}
            onChange={(value) => setForm({ ...form, [name]: value })}
          />
        ))}
        <NumberField
          label={t('x12.fields.next_number')}
          details={t('x12.nextHint')}
          value={next}
          onChange={setNext}
        />
        <Checkbox label={t('x12.fields.is_test')} checked={isTest} onChange={setIsTest} />
      </div>
      <div className="footer">
        <Button primary busy={save.isPending} disabled={!form.own_id} onClick={() => save.mutate()}>
          {t('common.save')}
        </Button>
      </div>
    </Card>
  );
}
