// Which column says what, and how the file writes days and amounts; every choice reads it again.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { FilePreview } from '../../api/files';
import { Card, Select, TextField } from '../../ui/elements';
import { Failure } from '../../ui/patterns';

export function Columns({ found, path }: { found: FilePreview; path: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const choose = useMutation({
    mutationFn: (choices: object) => send<FilePreview>('PUT', path, choices),
    onSuccess: () => queries.invalidateQueries(),
  });
  const { choices } = found;
  const sampleOf = (heading: string | undefined) => {
    const place = heading === undefined ? -1 : found.headings.indexOf(heading);
    return found.samples
      .map((row) => row[place])
      .filter(Boolean)
      .join(' · ');
  };
  const asked = (name: 'date_order' | 'decimal_mark' | 'encoding' | 'sheet', options: string[]) => (
    <Select
      label={t(`files.choices.${name}`)}
      value={choices[name] ?? ''}
      onChange={(value) => value && choose.mutate({ [name]: value })}
      options={[
        { value: '', label: '–' },
        ...options.map((one) => ({
          value: one,
          label: name === 'date_order' ? t(`files.orders.${one}`) : one,
        })),
      ]}
    />
  );
  return (
    <Card heading={t('files.columnsTitle')}>
      {choose.error && <Failure error={choose.error} />}
      <div className="filters">
        {asked('date_order', ['month_first', 'day_first'])}
        {asked('decimal_mark', ['.', ','])}
        {found.sheets.length > 1 && asked('sheet', found.sheets)}
        {found.sheets.length === 0 && asked('encoding', found.encodings)}
        <TextField
          label={t('files.choices.currency')}
          value={choices.currency}
          onChange={(value) => /^[A-Z]{3}$/.test(value) && choose.mutate({ currency: value })}
        />
      </div>
      {found.headings.length > 0 && (
        <>
          <p className="subdued">{t('files.headingRow', { row: found.heading_row })}</p>
          <div className="filters top">
            {found.fields.map((field) => {
              const heading = found.columns[field.name];
              return (
                <div key={field.name}>
                  <Select
                    label={
                      field.required
                        ? t('files.required', { field: t(`files.fields.${field.name}`) })
                        : t(`files.fields.${field.name}`)
                    }
                    value={heading ?? ''}
                    onChange={(value) => {
                      const others = Object.entries(found.columns).filter(
                        ([name, one]) => name !== field.name && one !== value,
                      );
                      const columns = Object.fromEntries(others);
                      choose.mutate({
                        columns: value ? { ...columns, [field.name]: value } : columns,
                      });
                    }}
                    options={[
                      { value: '', label: t('files.noColumn') },
                      ...found.headings.map((one) => ({ value: one, label: one })),
                    ]}
                  />
                  <div className="subdued">{sampleOf(heading)}</div>
                </div>
              );
            })}
          </div>
        </>
      )}
    </Card>
  );
}
