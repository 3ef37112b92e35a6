using SimulationManager.Api.Hosting;
using SimulationManager.Core.Data;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddBackingServices();
builder.AddApi();
var app = builder.Build();
// A deployment migrates once, before its first pod starts, and not in every pod.
if (args.Contains("--migrate"))
{
    await DatabaseMigrator.MigrateAsync(app.Services, app.Lifetime.ApplicationStopping);
    return;
}

app.UseApi();
app.MapApi();
await app.RunAsync();
