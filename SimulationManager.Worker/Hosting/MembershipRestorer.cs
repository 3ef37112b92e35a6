namespace SimulationManager.Worker.Hosting;

/// <summary>
/// Puts this silo back into the membership table when Redis came back without it. Orleans only ever changes the entry of a running
/// silo: without one new clients find no gateway, new silos do not know this one, and its shutdown waits for an entry to change.
/// </summary>
internal sealed partial class MembershipRestorer(
    IMembershipTable table, ILocalSiloDetails self, TimeProvider time, ILogger<MembershipRestorer> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private MembershipEntry? _entry;
    private int _version;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await TryCheckAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The worker is stopping.
        }
    }

    private async Task TryCheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CheckAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Redis is away, or another silo was faster: the next look tells.
            LogNotChecked(logger, exception.Message);
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        // A table that is gone cannot even be read; one that is there stays as it is.
        if (_entry is not null) await table.InitializeMembershipTableAsync(tryInitTableVersion: true, cancellationToken);
        var members = await table.ReadAllAsync(cancellationToken);
        if (EntryIn(members) is { } mine)
        {
            if (mine.Item1.Status != SiloStatus.Active) return;
            _entry = mine.Item1;
            _version = Math.Max(_version, members.Version.Version);
        }
        else if (_entry is not null)
        {
            await RestoreAsync(_entry, cancellationToken);
        }
    }

    private async Task RestoreAsync(MembershipEntry entry, CancellationToken cancellationToken)
    {
        entry.IAmAliveTime = time.GetUtcNow().UtcDateTime;
        if (!await table.InsertRowAsync(entry, (await table.ReadAllAsync(cancellationToken)).Version.Next(), cancellationToken)) return;
        // Silos ignore a table that is older than the one they know, and each write makes it one version newer.
        var members = await table.ReadAllAsync(cancellationToken);
        while (members.Version.Version <= _version && EntryIn(members) is { } mine)
        {
            await table.UpdateRowAsync(mine.Item1, mine.Item2, members.Version.Next(), cancellationToken);
            members = await table.ReadAllAsync(cancellationToken);
        }

        LogRestored(logger);
    }

    private Tuple<MembershipEntry, string>? EntryIn(MembershipTableData members) =>
        members.Members.FirstOrDefault(member => member.Item1.SiloAddress.Equals(self.SiloAddress));

    [LoggerMessage(341, LogLevel.Warning, "Redis came back without the membership of this silo; it was entered again")]
    private static partial void LogRestored(ILogger logger);

    [LoggerMessage(342, LogLevel.Debug, "The membership table could not be checked: {Reason}")]
    private static partial void LogNotChecked(ILogger logger, string reason);
}
