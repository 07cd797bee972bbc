// Who changed which policy, and what it said before and after.
import { useTranslation } from 'react-i18next';
import { usePages } from '../../api/queries';
import type { PolicyChange } from '../../api/types';
import { useWho } from '../../shell/session';
import { Badge, Card } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Loaded, More, Table } from '../../ui/patterns';
import { summary } from './terms';

export function Changes() {
  const { t } = useTranslation();
  const who = useWho();
  const { time } = useFormat();
  const query = usePages<PolicyChange>('/policies/changes', { limit: 10 }, true);
  const about = (row: PolicyChange) =>
    row.scope === 'group'
      ? t('policies.groupOf', { name: row.name })
      : row.name || t('policies.everything');
  const said = (row: PolicyChange, what: PolicyChange['before']) => {
    if (row.subject === 'policy' || what === null) return summary(t, what);
    const items = Array.isArray(what.item_ids) ? what.item_ids.length : 0;
    return `${String(what.name)}: ${t('policies.members', { count: items })}`;
  };
  return (
    <Card heading={t('policies.changes')} flush>
      <Loaded query={query}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.data);
          if (rows.length === 0) return <Empty>{t('policies.noChanges')}</Empty>;
          return (
            <Table
              label={t('policies.changes')}
              rows={rows}
              rowKey={(row) => row.id}
              columns={[
                {
                  key: 'when',
                  label: t('policies.who'),
                  show: (row) => (
                    <span>
                      {time(row.made_at)} <span className="subdued">{who(row.by)}</span>{' '}
                      {!row.settled_at && <Badge tone="info">{t('policies.settling')}</Badge>}
                    </span>
                  ),
                },
                {
                  key: 'for',
                  label: t('policies.for'),
                  show: (row) => (
                    <span>
                      {about(row)} {row.location && t('policies.at', { place: row.location })}
                    </span>
                  ),
                },
                {
                  key: 'before',
                  label: t('policies.before'),
                  show: (row) => said(row, row.before),
                },
                { key: 'after', label: t('policies.after'), show: (row) => said(row, row.after) },
              ]}
            />
          );
        }}
      </Loaded>
      <More query={query} />
    </Card>
  );
}
