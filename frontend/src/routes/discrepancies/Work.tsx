// The work beside a discrepancy: tasks with their progress, comments, and papers of the vault.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { DiscrepancyDetail } from '../../api/discrepancies';
import type { Evidence } from '../../api/evidence';
import { useWho } from '../../shell/session';
import { Choose } from '../../ui/Choose';
import { Button, Card, Checkbox, TextField } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Failure } from '../../ui/patterns';

interface Given {
  found: DiscrepancyDetail;
  changed: () => unknown;
}

export function Tasks({ found, changed }: Given) {
  const { t } = useTranslation();
  const { date } = useFormat();
  const [title, setTitle] = useState('');
  const [owner, setOwner] = useState('');
  const [due, setDue] = useState('');
  const path = `/discrepancies/${found.id}/tasks`;
  const add = useMutation({
    mutationFn: () => send('POST', path, { title, owner: owner || null, due_on: due || null }),
    onSuccess: () => {
      setTitle('');
      setDue('');
    },
    onSettled: changed,
  });
  const mark = useMutation({
    mutationFn: (task: { id: number; done: boolean }) =>
      send('PUT', `${path}/${task.id}`, { done: task.done }),
    onSettled: changed,
  });
  return (
    <Card heading={t('queue.tasks', { done: found.tasks_done, all: found.tasks })}>
      {(add.error ?? mark.error) && <Failure error={(add.error ?? mark.error) as Error} />}
      {found.todo.length === 0 && <Empty>{t('queue.noTasks')}</Empty>}
      {found.todo.map((task) => (
        <div key={task.id} className="heading">
          <Checkbox
            label={task.title}
            checked={task.done_at !== null}
            onChange={(done) => mark.mutate({ id: task.id, done })}
          />
          <span className="subdued">
            {task.owner} {task.due_on && t('common.by', { when: date(task.due_on) })}
          </span>
        </div>
      ))}
      <div className="filters">
        <TextField label={t('queue.task')} value={title} onChange={setTitle} />
        <TextField label={t('queue.owner')} value={owner} onChange={setOwner} />
        <TextField
          label={t('queue.due')}
          details={t('queue.dueHint')}
          value={due}
          onChange={setDue}
        />
        <div>
          <Button busy={add.isPending} disabled={!title.trim()} onClick={() => add.mutate()}>
            {t('queue.addTask')}
          </Button>
        </div>
      </div>
    </Card>
  );
}

export function Comments({ found, changed }: Given) {
  const { t } = useTranslation();
  const who = useWho();
  const { time } = useFormat();
  const [text, setText] = useState('');
  const add = useMutation({
    mutationFn: () => send('POST', `/discrepancies/${found.id}/comments`, { text }),
    onSuccess: () => setText(''),
    onSettled: changed,
  });
  return (
    <Card heading={t('queue.comments')}>
      {add.error && <Failure error={add.error} />}
      {found.comments.length === 0 && <Empty>{t('queue.noComments')}</Empty>}
      {found.comments.map((one) => (
        <p key={one.id}>
          {one.text}{' '}
          <span className="subdued">
            {who(one.by)}, {time(one.at)}
          </span>
        </p>
      ))}
      <div className="filters">
        <TextField label={t('queue.comment')} value={text} onChange={setText} />
        <div>
          <Button busy={add.isPending} disabled={!text.trim()} onClick={() => add.mutate()}>
            {t('queue.addComment')}
          </Button>
        </div>
      </div>
    </Card>
  );
}

export function Papers({ found, changed }: Given) {
  const { t } = useTranslation();
  const path = `/discrepancies/${found.id}/attachments`;
  const add = useMutation({
    mutationFn: (evidence_id: number) => send('POST', path, { evidence_id }),
    onSettled: changed,
  });
  const take = useMutation({
    mutationFn: (id: number) => send('DELETE', `${path}/${id}`),
    onSettled: changed,
  });
  const error = add.error ?? take.error;
  return (
    <Card heading={t('queue.papers')}>
      {error && <Failure error={error} />}
      {found.attachments.length === 0 && <Empty>{t('queue.noPapers')}</Empty>}
      {found.attachments.map((one) => (
        <div key={one.evidence_id} className="heading">
          <span>
            {one.name} <span className="subdued">№ {one.evidence_id}</span>
          </span>
          <Button busy={take.isPending} onClick={() => take.mutate(one.evidence_id)}>
            {t('queue.takeAway')}
          </Button>
        </div>
      ))}
      <Choose<Evidence>
        open={t('queue.addPaper')}
        label={t('queue.findPaper')}
        path="/evidence"
        query={{}}
        rowKey={(one) => one.evidence_id}
        show={(one) => (
          <>
            {one.name}{' '}
            <span className="subdued">
              {[t(`evidence.types.${one.type}`), one.purchase_order, one.invoice_number]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </>
        )}
        choose={t('queue.addPaper')}
        busy={add.isPending}
        onChoose={(one) => add.mutate(one.evidence_id)}
      />
    </Card>
  );
}
