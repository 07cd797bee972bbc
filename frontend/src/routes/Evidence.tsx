// The evidence vault: papers found by what they are about, and bringing new ones.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EVIDENCE_TYPES, type Evidence as Paper } from '../api/evidence';
import { usePages } from '../api/queries';
import { useFilters } from '../shell/filters';
import { Card, Page, SearchField } from '../ui/elements';
import { Listed, Narrow } from '../ui/patterns';
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
          <Narrow
            label={t('evidence.type')}
            value={filters.type}
            values={EVIDENCE_TYPES}
            word={(one) => t(`evidence.types.${one}`)}
            onChange={(type) => change({ type })}
          />
        </div>
        <Listed query={query} empty={t('evidence.empty')}>
          {(rows) => <EvidenceTable rows={rows} />}
        </Listed>
      </Card>
    </Page>
  );
}
