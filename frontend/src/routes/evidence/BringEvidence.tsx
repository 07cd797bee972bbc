// Bringing a paper: what it is, what it is about, and the file.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type About, bringEvidence, EVIDENCE_TYPES } from '../../api/evidence';
import { Card, Select, TextField } from '../../ui/elements';
import { Failure } from '../../ui/patterns';

const FIELDS = ['shipment', 'order', 'invoice', 'carrier_reference', 'note'] as const;

/** `about` is what is already known of it, and is not asked for. */
export function BringEvidence({ about = {}, type }: { about?: Partial<About>; type?: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [said, setSaid] = useState<About>({ type: type ?? 'pod', ...about });
  const sent = useMutation({
    mutationFn: (file: File) => bringEvidence(file, said),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Card heading={t('evidence.bring')}>
      <p className="subdued">{t('evidence.bringHint')}</p>
      {sent.error && <Failure error={sent.error} />}
      {sent.data && <p className="subdued">{t('evidence.kept', { name: sent.data.name })}</p>}
      <div className="filters">
        <Select
          label={t('evidence.type')}
          value={said.type}
          onChange={(chosen) => setSaid({ ...said, type: chosen })}
          options={EVIDENCE_TYPES.map((one) => ({
            value: one,
            label: t(`evidence.types.${one}`),
          }))}
        />
        {FIELDS.filter((field) => about[field] === undefined).map((field) => (
          <TextField
            key={field}
            label={t(`evidence.${field}`)}
            value={said[field] ?? ''}
            onChange={(value) => setSaid({ ...said, [field]: value })}
          />
        ))}
        <label className="plain">
          {sent.isPending ? t('files.reading') : t('files.choose')}
          <input
            type="file"
            accept=".pdf,.png,.jpg,.jpeg,.xlsx,.csv,.txt,.json"
            disabled={sent.isPending}
            onChange={(event) => {
              const [chosen] = event.target.files ?? [];
              if (chosen) sent.mutate(chosen);
              event.target.value = '';
            }}
          />
        </label>
      </div>
    </Card>
  );
}
