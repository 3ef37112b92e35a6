namespace SimulationManager.Worker.Executions;

/// <summary>The coordinator of one run as a grain: takes commands and reports for its <see cref="RunActivation"/>.</summary>
public abstract class RunGrain : Grain, IRunGrain, IActivationHost, IDisposable
{
    private protected RunGrain(RunKind kind, IRunStore store, SiloDirectory silos, RebalancePolicy rebalance, TimeProvider time, ILogger logger)
    {
        Time = time;
        Activation = new RunActivation(new RunKey(kind, Id), store, silos, rebalance, this, time, logger);
    }

    private protected long Id => this.GetPrimaryKeyLong();

    private protected TimeProvider Time { get; }

    private protected RunActivation Activation { get; }

    public Task Activate() => Activation.CurrentAsync();

    public async Task<Directive> Report(CohortReport report) => (await Activation.CoordinatorAsync()).Report(report);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Activation.LeaveAsync().WaitAsync(cancellationToken);

    public void Dispose()
    {
        Activation.Dispose();
        GC.SuppressFinalize(this);
    }

    Task IActivationHost.AccompanyAsync(RunCoordinator coordinator, CancellationToken ended) => AccompanyAsync(coordinator, ended);

    void IActivationHost.KeepFor(TimeSpan time) => DelayDeactivation(time);

    void IActivationHost.Deactivate() => DeactivateOnIdle();

    /// <inheritdoc cref="IActivationHost.AccompanyAsync"/>
    private protected abstract Task AccompanyAsync(RunCoordinator coordinator, CancellationToken ended);
}
