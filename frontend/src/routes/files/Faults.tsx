// What is wrong with a file, by the row and column that a spreadsheet shows.
import { useTranslation } from 'react-i18next';
import type { Fault, FilePreview } from '../../api/files';
import { useSaid } from '../../i18n/useSaid';
import { Card } from '../../ui/elements';
import { Table } from '../../ui/patterns';

export function Faults({ found }: { found: FilePreview }) {
  const { t } = useTranslation();
  const said = useSaid();
  if (found.faults.length === 0) return null;
  const rest = found.file.faults - found.faults.length;
  return (
    <Card flush heading={t('files.faultsTitle', { count: found.file.faults })}>
      <Table
        label={t('files.faultsTitle', { count: found.file.faults })}
        rows={found.faults}
        rowKey={(one) => `${one.row} ${one.column} ${one.code} ${one.field}`}
        columns={[
          {
            key: 'place',
            label: t('files.place'),
            show: (one) => <Place fault={one} inSegments={found.is_x12} />,
          },
          {
            key: 'field',
            label: t('files.field'),
            show: (one) => (one.field ? t(`files.fields.${one.field}`) : '–'),
          },
          {
            key: 'what',
            label: t('files.what_is_wrong'),
            show: (one) =>
              t(`files.faults.${one.code}`, {
                value: one.value,
                hint: one.code === 'x12' ? said(one.hint) : one.hint,
              }),
          },
        ]}
      />
      {rest > 0 && <p className="footer subdued">{t('files.moreFaults', { count: rest })}</p>}
    </Card>
  );
}

function Place({ fault, inSegments }: { fault: Fault; inSegments: boolean }) {
  const { t } = useTranslation();
  if (inSegments) return <>{t('files.segment', { number: fault.row, name: fault.column })}</>;
  if (fault.row === 0) return <>{t('files.wholeFile')}</>;
  if (fault.column === '') return <>{t('files.row', { row: fault.row })}</>;
  return (
    <>
      {fault.column}
      {fault.row}
    </>
  );
}
