import { acceleratorChooser, type AcceleratorHost } from './accelerator.js';

const host = (changes: Partial<AcceleratorHost> = {}): AcceleratorHost => ({
  platform: 'linux',
  probeKvm: () => Promise.resolve({ usable: true, reason: 'guest code ran' }),
  probeHvf: () => Promise.resolve({ usable: true, reason: 'kern.hv_support is 1' }),
  ...changes,
});

const broken = host({ probeKvm: () => Promise.resolve({ usable: false, reason: 'the guest never reached long mode' }) });

describe('acceleratorChooser', () => {
  it('takes the hypervisor that a probe found usable', async () => {
    expect(await acceleratorChooser(host())('auto', 'hardware')).toEqual({
      accelerator: 'kvm',
      isolation: 'hardware',
      reason: 'guest code ran',
    });
    expect(await acceleratorChooser(host({ platform: 'darwin' }))('auto', 'any')).toMatchObject({
      accelerator: 'hvf',
      isolation: 'hardware',
    });
  });

  it('falls back to TCG, saying why', async () => {
    expect(await acceleratorChooser(broken)('auto', 'any')).toEqual({
      accelerator: 'tcg',
      isolation: 'emulated',
      reason: 'KVM cannot be used: the guest never reached long mode',
    });
  });

  it('refuses what was asked for and cannot be had, with the reason', async () => {
    const choose = acceleratorChooser(broken);
    const refusal = (text: string): unknown =>
      expect.objectContaining({ code: 'UnsupportedEngine', message: expect.stringContaining(text) as unknown });
    await expect(choose('kvm', 'any')).rejects.toEqual(refusal('never reached long mode'));
    await expect(choose('auto', 'hardware')).rejects.toEqual(refusal('never reached long mode'));
    await expect(choose('tcg', 'hardware')).rejects.toEqual(refusal("'tcg'"));
    await expect(choose('hvf', 'any')).rejects.toEqual(refusal('HVF exists only on darwin'));
  });

  it('takes TCG when asked to, without a probe', async () => {
    const probeKvm = jest.fn();
    expect(await acceleratorChooser(host({ probeKvm }))('tcg', 'any')).toMatchObject({ accelerator: 'tcg', isolation: 'emulated' });
    expect(probeKvm).not.toHaveBeenCalled();
  });

  it('probes once, and takes a probe that fails as a no', async () => {
    const probeKvm = jest.fn(() => Promise.reject(new Error('no fork')));
    const choose = acceleratorChooser(host({ probeKvm }));
    const choices = await Promise.all([choose('auto', 'any'), choose('auto', 'any')]);
    expect(choices.map(({ reason }) => reason)).toEqual(Array(2).fill('KVM cannot be used: the probe failed: no fork'));
    expect(probeKvm).toHaveBeenCalledTimes(1);
  });
});
