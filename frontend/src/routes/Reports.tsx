// Amazon's reports: how each kind stands, what is missing and why, and what they say of each item.
import { useTranslation } from 'react-i18next';
import { useResource } from '../api/queries';
import type { Standing } from '../api/reports';
import type { Page as Rows } from '../api/types';
import { Card, Page, To } from '../ui/elements';
import { Empty, Loaded } from '../ui/patterns';
import { Asins } from './reports/Asins';
import { Missing } from './reports/Missing';
import { Standings } from './reports/Standings';

export default function Reports() {
  const { t } = useTranslation();
  const query = useResource<Rows<Standing>>('/reports', {}, true);
  return (
    <Page heading={t('reports.title')}>
      <Loaded query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Card>
              <Empty>
                {t('reports.notConnected')} <To to="/settings">{t('nav.settings')}</To>
              </Empty>
            </Card>
          ) : (
            <>
              <Missing rows={data} />
              <Standings rows={data} />
              <Asins />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
