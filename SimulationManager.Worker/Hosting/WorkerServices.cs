using Microsoft.Extensions.Options;
using SimulationManager.Core.Bundles;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Storage;
using SimulationManager.Replay;
using SimulationManager.Worker.Executions;
using SimulationManager.Worker.Instances;
using SimulationManager.Worker.Listening;
using SimulationManager.Worker.Telemetry;
using SimulationManager.Worker.Telemetry.Usage;
using SimulationManager.Worker.Viewing;

namespace SimulationManager.Worker.Hosting;

/// <summary>Everything that makes a process a worker.</summary>
public static class WorkerServices
{
    /// <summary>Adds backing services, the replay engine, the Orleans silo and what runs beside it.</summary>
    public static WebApplicationBuilder AddWorkerServices(this WebApplicationBuilder builder)
    {
        DdsDescriptors.OfProcess.Keep();
        builder.AddBackingServices();
        builder.AddReplay();
        builder.AddListening();
        // Before the silo, so that on shutdown what runs have heard is stored after the silo has ended their listening.
        builder.Services.AddHostedService(services => services.GetRequiredService<RunListeners>());
        builder.AddSilo();
        // After the silo, so that on shutdown cohorts are frozen while the silo can still be reached.
        builder.Services.AddHostedService(services => services.GetRequiredService<CohortPlayers>());
        builder.Services.AddHostedService<MembershipRestorer>();
        builder.Services.AddHostedService<RunScan>();
        builder.Services.AddHealthChecks().AddCheck<SiloHealthCheck>("silo");
        return builder;
    }

    private static void AddReplay(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<ReplayOptions>().BindConfiguration(ReplayOptions.Section)
            .Validate(options => options.WakeInterval >= TimeSpan.Zero && options.WakeInterval <= TimeSpan.FromMilliseconds(10), "Replay:WakeInterval must be 0–10 ms.")
            .Validate(options => options.DropAfter > TimeSpan.Zero, "Replay:DropAfter must be greater than 0.")
            .ValidateOnStart();
        services.AddOptions<BundleCacheOptions>().BindConfiguration(ReplayOptions.Section)
            .Validate(options => options.FetchWithin >= TimeSpan.Zero, "Replay:FetchWithin must not be negative.")
            .Validate(options => options.CacheSize >= 0, "Replay:CacheSize must not be negative.")
            .ValidateOnStart();
        services.AddOptions<RunOptions>().BindConfiguration(RunOptions.Section);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new ReplayEngine(
            provider.GetRequiredService<IOptions<ReplayOptions>>().Value, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ReplayEngine>>()));
        services.AddSingleton<BundleCache>();
        services.AddSingleton<RunStore>();
        services.AddSingleton<IRunSource>(provider => provider.GetRequiredService<RunStore>());
        services.AddSingleton<InstanceRunStore>();
        services.AddSingleton<IRunSource>(provider => provider.GetRequiredService<InstanceRunStore>());
        services.AddSingleton<Coordinators>();
        services.AddSingleton<SiloDirectory>();
        services.AddSingleton<LiveExecutionStore>();
        services.AddSingleton<LiveEventLog>();
        services.AddSingleton<LiveAgentStore>();
        services.AddSingleton(provider => new CohortServices
        {
            Engine = provider.GetRequiredService<ReplayEngine>(),
            Timelines = ActivatorUtilities.CreateInstance<BundleTimelines>(provider),
            OpenOutput = provider.GetRequiredService<CohortOutputs>().Open,
            CloseOutput = provider.GetRequiredService<PublishTotals>().CloseAsync,
            OpenRecording = (key, assignment, timeline) => key.Run.Kind != RunKind.Execution || assignment.Record is not { } record ? null : provider.GetRequiredService<RunRecorders>().Open(
                new RecordedCohort(key.Run.Id, assignment.SimulationId, record, PayloadPlans.Of(assignment.Part.Output?.Options)), timeline),
            Store = new CohortStores(ActivatorUtilities.CreateInstance<CohortStore>(provider), ActivatorUtilities.CreateInstance<InstanceCohortStore>(provider)),
            Coordinators = provider.GetRequiredService<Coordinators>(),
            IsOverloaded = () => provider.GetRequiredService<OverloadWatch>().IsOverloaded,
            Silo = provider.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString(),
            Time = provider.GetRequiredService<TimeProvider>(),
            Logger = provider.GetRequiredService<ILogger<CohortPlayer>>(),
        });
        services.AddOptions<SinkOptions>().BindConfiguration(SinkOptions.Section);
        services.AddSingleton<CohortOutputs>();
        services.AddSingleton(new PublishTotals());
        services.AddSingleton<CohortPlayers>();
        services.AddSingleton<AgentFeeds>();
        services.AddSingleton<OverloadWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<OverloadWatch>());
        services.AddHostedService<ReplayMeter>();
        services.AddHostedService<PublishMeter>();
        services.AddHostedService<LiveAgentPublisher>();
        builder.AddUsage();
        services.AddSingleton(builder.Configuration.GetSection("Storage").Get<BundleStoreOptions>() ?? new BundleStoreOptions());
        services.AddSingleton<BundleStore>();
    }

    private static void AddListening(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ListeningOptions>().BindConfiguration(ListeningOptions.Section)
            .Validate(options => options.MaxBytes >= 0, "Listening:MaxBytes must not be negative.")
            .Validate(options => options.ScratchBytes >= 0, "Listening:ScratchBytes must not be negative.")
            .Validate(options => options.SegmentBytes > 0, "Listening:SegmentBytes must be greater than 0.")
            .Validate(options => options.SegmentInterval > TimeSpan.Zero, "Listening:SegmentInterval must be greater than 0.")
            .Validate(options => options.QueueBytes > 0, "Listening:QueueBytes must be greater than 0.")
            .Validate(options => options.Grace >= TimeSpan.Zero && options.Grace <= TimeSpan.FromMinutes(1), "Listening:Grace must be 0 s to 1 min.")
            .Validate(options => options.StoreWithin >= TimeSpan.Zero, "Listening:StoreWithin must not be negative.")
            .ValidateOnStart();
        builder.Services.AddSingleton<RecordingStore>();
        builder.Services.AddSingleton<RunListeners>();
        builder.Services.AddSingleton<RunRecorders>();
    }

    private static void AddUsage(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<UsageOptions>().BindConfiguration(UsageOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<WorkerUsageStore>();
        services.AddSingleton<IUsageSource>(provider =>
        {
            var options = provider.GetRequiredService<IOptions<UsageOptions>>().Value;
            var time = provider.GetRequiredService<TimeProvider>();
            var limits = ComputeLimits.OfThisProcess();
            return options.EffectiveSource() == UsageSourceKind.Kubernetes
                ? new KubernetesUsageSource(options.Kubernetes, limits, time)
                : new ProcessUsageSource(limits, time);
        });
        services.AddHostedService<UsageReporter>();
    }
}
