using SimulationManager.Api;
using SimulationManager.Api.Hosting;
using SimulationManager.Api.OpenApi;
using SimulationManager.Core.Data;

var builder = WebApplication.CreateBuilder(args);
var documentFolder = DocumentFiles.FolderIn(args);
if (documentFolder is not null) builder.ConnectNowhere();
builder.AddServiceDefaults();
builder.AddBackingServices();
builder.AddApi();
if (documentFolder is not null) builder.ListenNowhere();
var app = builder.Build();
// A deployment migrates once, before its first pod starts, and not in every pod.
if (args.Contains("--migrate"))
{
    await DatabaseMigrator.MigrateAsync(app.Services, app.Lifetime.ApplicationStopping);
    return;
}

app.UseApi();
app.MapApi();
if (documentFolder is not null)
{
    await DocumentFiles.WriteAsync(app, documentFolder);
    return;
}

await app.RunAsync();
