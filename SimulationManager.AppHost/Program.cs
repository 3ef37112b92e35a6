using Microsoft.Extensions.Configuration;
using SimulationManager.Hosting.Kubernetes;

// "generate", "secrets" and "sbom" are steps of Aspire's pipeline, as "aspire publish" is.
var builder = DistributedApplication.CreateBuilder(ClusterCommand.Translate(args));

// Backing servers are containers; without a container runtime they run as processes.
builder.UseLocalServers().UseLocalRun();

// A taken port is changed by configuration, for example: dotnet run -- --Ports:api=8010
var ports = builder.Configuration.GetSection("Ports");

var user = builder.AddParameter("user");

// The image is pinned: another major version could not read the data volume.
var postgres = builder.AddPostgres("postgres", port: ports.GetValue<int?>("postgres"))
    .WithImageTag("17.6")
    .WithDataVolume();
var robotdb = postgres.AddDatabase("robotdb");

var redis = builder.AddRedis("redis", port: ports.GetValue<int?>("redis"))
    .WithDataVolume()
    .WithPersistence();

var minio = builder.AddMinio("minio", rootUser: user, port: ports.GetValue<int?>("minio"))
    .WithDataVolume();

// What agents publish to in a first run; elsewhere they publish to the brokers of the sites. Without it: --Mqtt:Enabled=false
var mqtt = builder.Configuration.GetValue("Mqtt:Enabled", true) ? builder.AddMqtt("mqtt", ports.GetValue<int?>("mqtt")) : null;

// Silos of a run that was killed stay members of its cluster for a while: each run has a cluster of its own.
var orleans = builder.AddOrleans("orleans")
    .WithServiceId("simulation-manager")
    .WithClusterId(builder.ExecutionContext.IsRunMode ? $"run-{Guid.NewGuid():N}" : "simulation-manager")
    .WithClustering(redis);

var api = builder.AddProject<Projects.SimulationManager_Api>("api")
    .WithEndpoint("http", http => http.Port = ports.GetValue("api", http.Port))
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithPage("/docs", "API reference").WithPage("/health", "Health").WithPage("/metrics", "Metrics")
    .WithDemo()
    .WithReference(orleans.AsClient())
    .WithReference(robotdb).WaitFor(robotdb)
    .WithReference(redis).WaitFor(redis)
    .WithReference(minio).WaitFor(minio);

var worker = builder.AddProject<Projects.SimulationManager_Worker>("worker")
    .WithReplicas(builder.Configuration.GetValue("Replicas:worker", 1))
    .WithEndpoint("http", http => http.Port = ports.GetValue<int?>("worker"))
    .WithHttpHealthCheck("/health")
    .WithPage("/health", "Health").WithPage("/metrics", "Metrics")
    .WithSiteCredentials()
    .WithReference(orleans)
    .WithReference(robotdb).WaitFor(robotdb)
    .WithReference(redis).WaitFor(redis)
    .WithReference(minio).WaitFor(minio);

if (mqtt is not null)
{
    api.WithReference(mqtt).WaitFor(mqtt);
    worker.WithReference(mqtt).WaitFor(mqtt);
}

builder.AddPrometheus("metrics", ports.GetValue<int?>("metrics"))
    .WithScrapeTarget(api.GetEndpoint("http"))
    .WithScrapeTarget(worker.GetEndpoint("http"));

builder.AddKubernetesManifests("robot");

builder.Build().Run();
