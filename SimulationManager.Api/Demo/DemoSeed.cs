using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using SimulationManager.Api.Auth;
using SimulationManager.Api.Simulations;
using SimulationManager.Api.Templates;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Generation;
using SimulationManager.Rosbag2;

namespace SimulationManager.Api.Demo;

/// <summary>Makes what <see cref="FirstRunDemo"/> promises, each part only if it never was there.</summary>
public sealed partial class DemoSeed(
    RobotDbContext database,
    PasswordHasher passwords,
    TemplateService templates,
    SimulationService simulations,
    DemoSite site,
    UploadSpool spool,
    IOptions<DemoOptions> options,
    TimeProvider time,
    ILogger<DemoSeed> logger)
{
    private const string TemplateName = "demo robot";
    private const string SimulationName = "demo fleet";
    private const string PasswordLetters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    private const int PasswordLength = 16;

    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        await SeedAdminAsync(cancellationToken);
        var isNew = !await database.Simulations.AnyAsync(simulation => simulation.Name == SimulationName, cancellationToken);
        // Before the simulation, which names it.
        await site.KeepAsync(isNew, cancellationToken);
        var template = await SeedTemplateAsync(cancellationToken);
        if (isNew && template is not null) await SeedSimulationAsync(template, cancellationToken);
    }

    private async Task SeedAdminAsync(CancellationToken cancellationToken)
    {
        var email = EmailAddress.Normalize(options.Value.AdminEmail);
        if (await database.Users.AnyAsync(user => user.Role == UserRole.Admin || user.Email == email, cancellationToken)) return;
        var password = options.Value.AdminPassword ?? RandomNumberGenerator.GetString(PasswordLetters, PasswordLength);
        database.Users.Add(new User
        {
            Email = email,
            PasswordHash = await passwords.HashAsync(password, cancellationToken),
            Role = UserRole.Admin,
            CreatedAt = time.GetUtcNow(),
        });
        await database.SaveChangesAsync(cancellationToken);
        // To the console and not to the log: logs are exported and kept. Who has set the password knows it.
        if (options.Value.AdminPassword is null) await Console.Out.WriteLineAsync($"Demo admin created: e-mail {email}, password {password} (shown this once)");
    }

    private async Task<Template?> SeedTemplateAsync(CancellationToken cancellationToken)
    {
        if (await database.Templates.AnyAsync(template => template.Name == TemplateName, cancellationToken))
            return await database.Templates.SingleOrDefaultAsync(template => template.Name == TemplateName && template.DeletedAt == null, cancellationToken);
        using var folder = spool.Open();
        var recording = new RobotRecordingOptions { Duration = options.Value.Recording, HasMap = true };
        await Task.Factory.StartNew(
            () => RobotRecording.Write(folder.FileAt("robot"), recording, cancellationToken),
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var files = Directory.EnumerateFiles(folder.FileAt("robot"))
            .Select(path => new SpooledFile(Path.GetFileName(path), path, new FileInfo(path).Length)).ToList();
        var form = new TemplateForm
        {
            Name = TemplateName,
            Type = "differential drive",
            Description = "A generated robot that wanders through rooms: odometry, laser scan, map, IMU, transforms and commands.",
            Metadata = files.Single(file => file.FileName == "metadata.yaml"),
            Bags = [.. files.Where(file => BagBundle.IsStorageFile(file.FileName))],
        };
        var template = await templates.CreateAsync(form, folder, cancellationToken);
        LogTemplate(logger, template.Id);
        return template;
    }

    private async Task SeedSimulationAsync(Template template, CancellationToken cancellationToken)
    {
        var simulation = await simulations.CreateAsync(
            new SimulationCreateRequest
            {
                SimulationName = SimulationName,
                SimulationDescription = "Two groups of the demo robot at once; start it, watch and listen.",
                PatternType = PatternWords.Parallel,
                MecId = DemoSite.Name,
                Pattern = new PatternRequest { Groups = [Group(template, agents: 3, repeats: 2, AsRobots), Group(template, agents: 5, repeats: 1)] },
            },
            cancellationToken);
        LogSimulation(logger, simulation.Id);
    }

    /// <summary>Robots with names of their own that drive now; the others keep the names and the times of the recording.</summary>
    private static OutputRequest AsRobots => new() { Identity = "robot_{n:000}", Stamps = StampWords.Now };

    private static GroupRequest Group(Template template, int agents, int repeats, OutputRequest? output = null) =>
        new() { TemplateId = template.Id, AutonomousAgentCount = agents, ExecutionTime = 300, RepeatCount = repeats, Output = output };

    [LoggerMessage(711, LogLevel.Information, "Demo template {TemplateId} is ready")]
    private static partial void LogTemplate(ILogger logger, long templateId);

    [LoggerMessage(712, LogLevel.Information, "Demo simulation {SimulationId} is ready: POST /api/simulation/{SimulationId}/start")]
    private static partial void LogSimulation(ILogger logger, long simulationId);
}
