namespace SimulationManager.Worker.Hosting;

/// <summary>
/// Writes the cluster's members back into the membership table when Redis came back without them. Orleans does not do it: it
/// ignores a table that is older than its own view, and it ends a silo that a newer table does not list. So all members are
/// written before the table becomes newer than the view of any silo.
/// </summary>
internal sealed partial class MembershipRestorer(
    IMembershipTable table, IClusterMembershipService membership, ILocalSiloDetails self, TimeProvider time, ILogger<MembershipRestorer> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _checking = new(1);

    /// <summary>The members as the last table listed them that had not lost any. Views do not have all of an entry.</summary>
    private IReadOnlyList<MembershipEntry> _members = [];

    public override void Dispose()
    {
        _checking.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(CheckRegularlyAsync(stoppingToken), CheckOnChangesAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The worker is stopping.
        }
    }

    private async Task CheckRegularlyAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await TryCheckAsync(stoppingToken);
    }

    /// <summary>A member that joined just before the table was lost must be known, too.</summary>
    private async Task CheckOnChangesAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in membership.MembershipUpdates.WithCancellation(stoppingToken)) await TryCheckAsync(stoppingToken);
    }

    private async Task TryCheckAsync(CancellationToken cancellationToken)
    {
        await _checking.WaitAsync(cancellationToken);
        try
        {
            await CheckAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Redis is away, or another silo was faster: the next check finds out.
            LogNotChecked(logger, exception.Message);
        }
        finally
        {
            _checking.Release();
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        // A table that is gone cannot even be read; one that exists stays as it is.
        if (_members.Count > 0) await table.InitializeMembershipTableAsync(tryInitTableVersion: true, cancellationToken);
        var current = await table.ReadAllAsync(cancellationToken);
        if (current.Version.Version < membership.CurrentSnapshot.Version.Value) await RestoreAsync(current, cancellationToken);
        else if (Find(current, self.SiloAddress) is { Item1.Status: SiloStatus.Active }) _members = [.. current.Members.Select(member => member.Item1)];
    }

    private async Task RestoreAsync(MembershipTableData current, CancellationToken cancellationToken)
    {
        foreach (var entry in _members.Where(entry => Find(current, entry.SiloAddress) is null))
        {
            entry.IAmAliveTime = time.GetUtcNow().UtcDateTime;
            if (!await table.InsertRowAsync(entry, current.Version.Next(), cancellationToken)) return;
            current = await table.ReadAllAsync(cancellationToken);
        }
        // Each write makes the table one version newer.
        while (current.Version.Version <= membership.CurrentSnapshot.Version.Value && Find(current, self.SiloAddress) is { } mine)
        {
            if (!await table.UpdateRowAsync(mine.Item1, mine.Item2, current.Version.Next(), cancellationToken)) return;
            current = await table.ReadAllAsync(cancellationToken);
        }
        LogRestored(logger, _members.Count);
    }

    private static Tuple<MembershipEntry, string>? Find(MembershipTableData members, SiloAddress silo) =>
        members.Members.FirstOrDefault(member => member.Item1.SiloAddress.Equals(silo));

    [LoggerMessage(341, LogLevel.Warning, "Redis came back without the cluster's membership; its {Count} members were written again")]
    private static partial void LogRestored(ILogger logger, int count);

    [LoggerMessage(342, LogLevel.Debug, "The membership table could not be checked: {Reason}")]
    private static partial void LogNotChecked(ILogger logger, string reason);
}
