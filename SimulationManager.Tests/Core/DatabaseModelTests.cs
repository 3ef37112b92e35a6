using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Scaffolding;
using Microsoft.Extensions.DependencyInjection;
using Npgsql.EntityFrameworkCore.PostgreSQL.Design.Internal;
using SimulationManager.Core.Data;
using SimulationManager.Tests.Api.Coverage;

namespace SimulationManager.Tests.Core;

/// <summary>The classes of the model, its migrations and its compiled form say the same.</summary>
public sealed partial class DatabaseModelTests : IDisposable
{
    private const string Folder = "SimulationManager.Core/Data/CompiledModel";

    // Nothing is asked of a database.
    private readonly RobotDbContext _database = new(RobotDbContextOptions.Configure(new DbContextOptionsBuilder<RobotDbContext>().UseNpgsql("Host=nowhere")).Options);

    public void Dispose() => _database.Dispose();

    [Fact]
    public void Every_change_of_the_model_has_its_migration() => Assert.False(_database.Database.HasPendingModelChanges());

    [Fact]
    public async Task The_compiled_model_is_made_of_the_model()
    {
        var services = new ServiceCollection().AddEntityFrameworkDesignTimeServices().AddDbContextDesignTimeServices(_database);
#pragma warning disable EF1001 // What dotnet ef does itself: the provider's services are found by this class.
        new NpgsqlDesignTimeServices().ConfigureDesignTimeServices(services);
#pragma warning restore EF1001
        await using var provider = services.BuildServiceProvider();
        var options = new CompiledModelCodeGenerationOptions
        {
            ContextType = typeof(RobotDbContext),
            ModelNamespace = "SimulationManager.Core.Data.CompiledModel",
            Language = "C#",
            UseNullableReferenceTypes = true,
        };
        var files = provider.GetRequiredService<ICompiledModelCodeGeneratorSelector>().Select(options)
            .GenerateModel(_database.GetService<IDesignTimeModel>().Model, options);
        foreach (var file in files) await GeneratedFile.AgreeAsync($"{Folder}/{file.Path}", ModelId().Replace(file.Code, Guid.Empty.ToString()));
        Assert.Equal(files.Select(file => file.Path).Order(), Directory.GetFiles(Path.Combine(Repository.Root, Folder)).Select(Path.GetFileName).Order());
    }

    // The tool gives the model a new one each time; it tells models in one process apart, and there is one.
    [GeneratedRegex("(?<=modelId: new Guid\\(\")[^\"]+")]
    private static partial Regex ModelId();
}
