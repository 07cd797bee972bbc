// Rules by which purchase orders are acknowledged without a person: changed here, tried out first.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AnswerRule, AnswerRules as InForce, Trial } from '../api/answering';
import { send } from '../api/client';
import { useResource } from '../api/queries';
import { toast } from '../shell/appBridge';
import { Banner, Button, Card, Page } from '../ui/elements';
import { Empty, Failure, Loaded } from '../ui/patterns';
import { SaveForm } from '../ui/SaveForm';
import { History } from './answer-rules/History';
import { Rule } from './answer-rules/Rule';
import { Tried } from './answer-rules/Tried';

const NEW: AnswerRule = {
  name: '',
  active: true,
  vendor_code: null,
  order_type: null,
  cost: 'not_lower',
  cost_tolerance_percent: 0,
  least_held_percent: 100,
  most_units: null,
  answer: 'in_full',
};

export default function AnswerRules() {
  const { t } = useTranslation();
  const query = useResource<InForce>('/answer-rules');
  return (
    <Page heading={t('rules.title')} back={{ to: '/purchase-orders', label: t('orders.title') }}>
      <Loaded query={query}>
        {(inForce) => (
          <>
            <Edit key={inForce.version} inForce={inForce} />
            <History versions={inForce.history} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Edit({ inForce }: { inForce: InForce }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [rules, setRules] = useState(inForce.rules);
  const changed = JSON.stringify(rules) !== JSON.stringify(inForce.rules);
  const trial = useMutation({
    mutationFn: () => send<Trial>('POST', '/answer-rules/trial', { rules }),
  });
  const save = useMutation({
    mutationFn: () => send('PUT', '/answer-rules', { seen: inForce.version, rules }),
    onSuccess: () => {
      toast(t('common.saved'));
      return queries.invalidateQueries({ queryKey: ['/answer-rules'] });
    },
  });
  const set = (index: number, rule: AnswerRule | null, to = index) => {
    const others = rules.filter((_, at) => at !== index);
    if (rule) others.splice(to, 0, rule);
    setRules(others);
    trial.reset();
  };
  const unnamed = rules.some((rule) => !rule.name.trim());
  return (
    <>
      <Banner tone="info" heading={t('rules.what')} />
      {save.error && <Failure error={save.error} />}
      {trial.error && <Failure error={trial.error} />}
      <SaveForm
        busy={save.isPending}
        disabled={!changed || unnamed}
        label={t('rules.save')}
        onSave={() => save.mutate()}
        onDiscard={() => setRules(inForce.rules)}
        beside={
          <>
            <Button
              busy={trial.isPending}
              disabled={rules.length === 0 || unnamed}
              onClick={() => trial.mutate()}
            >
              {t('rules.try')}
            </Button>
            <Button onClick={() => setRules([...rules, NEW])}>{t('rules.add')}</Button>
          </>
        }
      >
        {rules.length === 0 && (
          <Card>
            <Empty>{t('rules.empty')}</Empty>
          </Card>
        )}
        {unnamed && <Banner tone="info" heading={t('rules.unnamed')} />}
        {rules.map((rule, index) => (
          <Rule
            // biome-ignore lint/suspicious/noArrayIndexKey: a rule has no name of its own until it is typed
            key={index}
            rule={rule}
            place={index + 1}
            change={(next) => set(index, next)}
            {...(index > 0 ? { earlier: () => set(index, rule, index - 1) } : {})}
            remove={() => set(index, null)}
          />
        ))}
      </SaveForm>
      {trial.data && <Tried trial={trial.data} />}
    </>
  );
}
