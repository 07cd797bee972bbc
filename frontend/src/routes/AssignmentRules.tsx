// Rules that say whose a new discrepancy is; the first that fits decides.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../api/client';
import type { Rule, Rules } from '../api/discrepancies';
import { useResource } from '../api/queries';
import { toast } from '../shell/appBridge';
import { Banner, Button, Card, NumberField, Page, Select, TextField } from '../ui/elements';
import { Empty, Failure, Loaded } from '../ui/patterns';
import { SaveForm } from '../ui/SaveForm';
import { useWords } from './discrepancies/pieces';

interface Typed {
  key: number;
  kind: string;
  vendorCode: string;
  amount: string;
  currency: string;
  owner: string;
}

const typed = (rule: Rule, key: number): Typed => ({
  key,
  kind: rule.kind ?? '',
  vendorCode: rule.vendor_code ?? '',
  amount: rule.at_least ? String(Number(rule.at_least.amount)) : '',
  currency: rule.at_least?.currency ?? '',
  owner: rule.owner,
});

export default function AssignmentRules() {
  const { t } = useTranslation();
  const query = useResource<Rules>('/assignment-rules');
  return (
    <Page heading={t('queue.rules.title')} back={{ to: '/discrepancies', label: t('queue.title') }}>
      <Loaded query={query}>{(inForce) => <Edit inForce={inForce} />}</Loaded>
    </Page>
  );
}

function Edit({ inForce }: { inForce: Rules }) {
  const { t } = useTranslation();
  const words = useWords();
  const queries = useQueryClient();
  const [rules, setRules] = useState(inForce.rules.map(typed));
  const save = useMutation({
    mutationFn: (apply: boolean) =>
      send<Rules>('PUT', '/assignment-rules', {
        apply,
        rules: rules.map((rule) => ({
          kind: rule.kind || null,
          vendor_code: rule.vendorCode.trim() || null,
          at_least: rule.amount || null,
          currency: rule.amount ? rule.currency.trim().toUpperCase() || null : null,
          owner: rule.owner.trim(),
        })),
      }),
    onSuccess: (answer) =>
      toast(answer.given ? t('queue.rules.given', { count: answer.given }) : t('common.saved')),
    onSettled: () => queries.invalidateQueries(),
  });
  const change = (key: number, values: Partial<Typed>) =>
    setRules(rules.map((rule) => (rule.key === key ? { ...rule, ...values } : rule)));
  const unowned = rules.some((rule) => !rule.owner.trim());
  const add = (
    <Button
      onClick={() =>
        setRules([
          ...rules,
          {
            key: Math.max(-1, ...rules.map((rule) => rule.key)) + 1,
            kind: '',
            vendorCode: '',
            amount: '',
            currency: '',
            owner: '',
          },
        ])
      }
    >
      {t('queue.rules.add')}
    </Button>
  );
  return (
    <>
      <Banner tone="info" heading={t('queue.rules.what')} />
      {save.error && <Failure error={save.error} />}
      <SaveForm
        busy={save.isPending}
        disabled={unowned}
        onSave={() => save.mutate(false)}
        onDiscard={() => setRules(inForce.rules.map(typed))}
        beside={
          <>
            <Button busy={save.isPending} disabled={unowned} onClick={() => save.mutate(true)}>
              {t('queue.rules.apply')}
            </Button>
            {add}
          </>
        }
      >
        {rules.length === 0 && (
          <Card>
            <Empty>{t('queue.rules.empty')}</Empty>
          </Card>
        )}
        {rules.map((rule, index) => (
          <Card key={rule.key} heading={t('queue.rules.rule', { place: index + 1 })}>
            <div className="filters top">
              <Select
                label={t('queue.kind')}
                value={rule.kind}
                onChange={(kind) => change(rule.key, { kind })}
                options={[
                  { value: '', label: t('common.all') },
                  ...inForce.kinds.map((kind) => ({ value: kind.kind, label: words(kind.words) })),
                ]}
              />
              <TextField
                label={t('queue.vendorCode')}
                details={t('queue.rules.any')}
                value={rule.vendorCode}
                onChange={(vendorCode) => change(rule.key, { vendorCode })}
              />
              <NumberField
                label={t('queue.rules.atLeast')}
                details={t('queue.rules.any')}
                value={rule.amount}
                onChange={(amount) => change(rule.key, { amount })}
              />
              <TextField
                label={t('queue.currency')}
                value={rule.currency}
                onChange={(currency) => change(rule.key, { currency })}
              />
              <TextField
                label={t('queue.owner')}
                value={rule.owner}
                onChange={(owner) => change(rule.key, { owner })}
              />
              <div>
                <Button onClick={() => setRules(rules.filter((one) => one.key !== rule.key))}>
                  {t('queue.rules.remove')}
                </Button>
              </div>
            </div>
          </Card>
        ))}
      </SaveForm>
    </>
  );
}
