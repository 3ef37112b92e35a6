using System.Diagnostics;

namespace SimulationManager.Worker.Executions;

/// <summary>What a cohort tells its coordinator.</summary>
public sealed partial class CohortPlayer
{
    private async Task RunReportsAsync()
    {
        Activity.Current = null;
        while (!_released.IsCancellationRequested)
        {
            try
            {
                var directive = await ReportAsync();
                if (directive.Order == CohortOrder.Release) LogReleased(_services.Logger, Key);
                await FollowAsync(directive);
                await _news.WaitAsync(_reportInterval, _released);
            }
            catch (Exception exception) when (!_released.IsCancellationRequested)
            {
                // The coordinator may be moving to another silo; the next report finds it there.
                LogReportFailed(_services.Logger, exception, Key);
                await WaitAsync(_reportInterval);
            }
            catch (OperationCanceledException)
            {
                // It was released meanwhile.
            }
        }
    }

    private async Task<Directive> ReportAsync()
    {
        var report = await NextReportAsync();
        return await _services.Coordinators.ReportAsync(Key.Run, report).WaitAsync(ReportTimeout, _services.Time, _released);
    }

    private async Task<CohortReport> NextReportAsync()
    {
        if (_played is not { } played) return WithError(Report() with { Endpoints = [.. (_output?.Status() ?? []).Select(EndpointShare.Of)] });
        var haveEnded = played.Cohort.Ended.IsCompleted;
        var snapshot = await played.Cohort.SnapshotAsync();
        if (haveEnded && IsPublished(PublishingLimit)) _outcome ??= await played.OutcomeAsync();
        return WithError(played.Count(snapshot, Report()));
    }

    private CohortReport WithError(CohortReport report) => (_bundleError ?? _output?.Failure) is not { } error || _outcome is not null
        ? report
        : report with { FailedInstanceId = _assignment!.Checkpoint.Agents.Select(agent => agent.InstanceId).FirstOrDefault(), FailedError = error };

    private CohortReport Report() => new()
    {
        CohortId = Key.CohortId,
        Phase = Phase(),
        Overloaded = _services.IsOverloaded(),
        Outcome = _outcome,
        HandedOverTo = _handedOverTo,
        Followed = _followed,
        Recording = _recording?.Status,
    };

    private CohortPhase Phase()
    {
        if (_isHandedOver) return CohortPhase.HandedOver;
        if (_outcome is not null) return CohortPhase.Ended;
        if (_played is null) return _isReadyToTake ? CohortPhase.Ready : CohortPhase.Preparing;
        return _followed is null ? CohortPhase.Ready : CohortPhase.Playing;
    }

    [LoggerMessage(402, LogLevel.Warning, "Cohort {Cohort} could not report; its agents play on")]
    private static partial void LogReportFailed(ILogger logger, Exception exception, CohortKey cohort);
}
