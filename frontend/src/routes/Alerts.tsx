// Alerts: whom to tell, of what, and what has been told.
import { useTranslation } from 'react-i18next';
import type { Alert, Alerts as AlertsAnswer } from '../api/alerts';
import { usePages, useResource } from '../api/queries';
import { Badge, Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Listed, Loaded, Table } from '../ui/patterns';
import { Addresses } from './alerts/Addresses';
import { Rules } from './alerts/Rules';

export default function Alerts() {
  const { t } = useTranslation();
  const query = useResource<AlertsAnswer>('/alerts', {}, true);
  return (
    <Page heading={t('alerts.title')}>
      <Loaded query={query}>
        {(alerts) => (
          <>
            <Addresses alerts={alerts} />
            <Rules alerts={alerts} />
          </>
        )}
      </Loaded>
      <Told />
    </Page>
  );
}

function Told() {
  const { t, i18n } = useTranslation();
  const { time } = useFormat();
  const language = i18n.language === 'zh-CN' ? 'zh-CN' : 'en';
  const query = usePages<Alert>('/alerts/history', { language }, true);
  return (
    <Card flush heading={t('alerts.told')}>
      <Listed query={query} empty={t('alerts.nothingTold')}>
        {(rows) => (
          <Table
            label={t('alerts.told')}
            rows={rows}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'text',
                label: t('alerts.what'),
                show: (row) => <To to={row.path}>{row.text}</To>,
              },
              { key: 'address', label: t('alerts.whom'), show: (row) => row.address },
              { key: 'noticed', label: t('alerts.noticed'), show: (row) => time(row.noticed_at) },
              { key: 'state', label: t('alerts.state'), show: (row) => <State alert={row} /> },
            ]}
          />
        )}
      </Listed>
    </Card>
  );
}

function State({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  if (alert.told_at === null) {
    return <Badge>{t(alert.over_at ? 'alerts.over' : 'alerts.waits')}</Badge>;
  }
  const dead = alert.message_state === 'dead';
  const done = alert.message_state === 'done';
  return (
    <>
      <Badge tone={dead ? 'critical' : done ? 'success' : 'info'}>
        {t(dead ? 'alerts.failed' : done ? 'alerts.sent' : 'alerts.sending')}
      </Badge>{' '}
      {!done && alert.message_id && (
        <To to={`/activity/${alert.message_id}`}>{alert.message_error || t('common.details')}</To>
      )}
    </>
  );
}
