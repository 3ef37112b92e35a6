namespace SimulationManager.Hosting.LocalServers;

/// <summary>
/// The process of a backing server, run by the orchestrator. Lists leave it out: a person sees and controls the resource that it
/// stands for, whose <see cref="LocalServer"/> starts it.
/// </summary>
internal sealed class LocalServerProcess : ExecutableResource
{
    private ServerCommand? _command;

    public LocalServerProcess(IResource server)
        : base($"{server.Name}-process", Programs.Dotnet, AppContext.BaseDirectory)
    {
        Annotations.Add(new ExplicitStartupAnnotation());
        Annotations.Add(new HiddenAnnotation(HiddenBehavior.Always));
        Annotations.Add(new ResourceRelationshipAnnotation(server, "Parent"));
        Annotations.Add(new CommandLineArgsCallbackAnnotation(arguments =>
        {
            foreach (var argument in _command!.Arguments) arguments.Add(argument);
        }));
        Annotations.Add(new EnvironmentCallbackAnnotation(environment =>
        {
            foreach (var (name, value) in _command!.Environment) environment[name] = value;
        }));
    }

    /// <summary>What the next start runs.</summary>
    public void Use(ServerCommand command)
    {
        _command = command;
        var executable = Annotations.OfType<ExecutableAnnotation>().Last();
        (executable.Command, executable.WorkingDirectory) = (command.Program, command.WorkingDirectory);
    }
}
