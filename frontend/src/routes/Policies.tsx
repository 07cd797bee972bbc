// Policies: who gives way, where each value comes from, and what a change would have done.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useResource } from '../api/queries';
import type { Policies as All, Place, Policy, Page as Rows } from '../api/types';
import { Banner, Page } from '../ui/elements';
import { Loaded } from '../ui/patterns';
import { AllPolicies } from './policies/AllPolicies';
import { Changes } from './policies/Changes';
import { Edit, type Target } from './policies/Edit';
import { Effective } from './policies/Effective';
import { Groups } from './policies/Groups';

const EVERYTHING: Target = { scope: 'everything', item: null, group: null, location: null };

export default function Policies() {
  const { t } = useTranslation();
  const query = useResource<All>('/policies', {}, true);
  const places = useResource<Rows<Place>>('/locations');
  const [target, setTarget] = useState<Target>(EVERYTHING);
  const edit = (chosen: Target) => {
    setTarget(chosen);
    window.scrollTo({ top: 0 });
  };
  return (
    <Page heading={t('policies.title')}>
      <Loaded query={query}>
        {(all) => (
          <>
            {all.following && <Banner tone="info" heading={t('policies.following')} />}
            <Edit
              key={keyOf(target) + JSON.stringify(termsOf(all.policies, target))}
              target={target}
              terms={termsOf(all.policies, target)}
              groups={all.groups}
              places={places.data?.data ?? []}
              choose={setTarget}
            />
            <Effective places={places.data?.data ?? []} edit={edit} />
            <AllPolicies policies={all.policies} edit={edit} />
            <Groups groups={all.groups} />
            <Changes />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function keyOf(target: Target): string {
  return [target.scope, target.item?.id, target.group?.id, target.location?.id].join('/');
}

function termsOf(policies: Policy[], target: Target) {
  return policies.find((one) => keyOf(one) === keyOf(target))?.terms ?? null;
}
