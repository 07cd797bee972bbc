// The evidence vault: papers found by what they are about, and bringing new ones.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EVIDENCE_TYPES, type Evidence as Paper } from '../api/evidence';
import { usePages } from '../api/queries';
import { useFilters } from '../shell/filters';
import { Card, Page, SearchField, Select } from '../ui/elements';
import { Empty, Loaded, More } from '../ui/patterns';
import { BringEvidence } from './evidence/BringEvidence';
import { EvidenceTable } from './evidence/EvidenceTable';

export default function Evidence() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(['search', 'type']);
  const [typed, setTyped] = useState(filters.search);
  const query = usePages<Paper>('/evidence', filters, true);
  return (
    <Page heading={t('evidence.title')} back={{ to: '/deductions', label: t('deductions.title') }}>
      <BringEvidence />
      <Card flush>
        <p className="subdued padded">{t('evidence.what')}</p>
        <div className="filters">
          <SearchField
            label={t('common.search')}
            value={typed}
            onChange={(value) => {
              setTyped(value);
              change({ search: value });
            }}
          />
          <Select
            label={t('evidence.type')}
            value={filters.type}
            onChange={(type) => change({ type })}
            options={[
              { value: '', label: t('common.all') },
              ...EVIDENCE_TYPES.map((one) => ({ value: one, label: t(`evidence.types.${one}`) })),
            ]}
          />
        </div>
        <Loaded query={query}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.data);
            if (rows.length === 0) return <Empty>{t('evidence.empty')}</Empty>;
            return <EvidenceTable rows={rows} />;
          }}
        </Loaded>
        <More query={query} />
      </Card>
    </Page>
  );
}
