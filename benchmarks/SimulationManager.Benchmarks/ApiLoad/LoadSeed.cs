using Npgsql;

namespace SimulationManager.Benchmarks.ApiLoad;

/// <summary>Fills a database with what years of use leave: 10,000 simulations, 100,000 executions, 1,000,000 agents' outcomes.</summary>
internal static class LoadSeed
{
    public const int Simulations = 10_000;
    public const int ExecutionsPerSimulation = 10;
    public const int InstancesPerExecution = 10;

    /// <summary>Simulations and executions are copies of those given, with ids, names, times and outcomes of their own.</summary>
    public static async Task FillAsync(string connectionString, long simulationId, long executionId)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        foreach (var sql in Statements)
        {
            await using var command = source.CreateCommand(sql);
            command.CommandTimeout = 600;
            command.Parameters.AddWithValue("simulation", simulationId);
            command.Parameters.AddWithValue("execution", executionId);
            await command.ExecuteNonQueryAsync();
        }

        await using var analyze = source.CreateCommand("VACUUM ANALYZE");
        analyze.CommandTimeout = 600;
        await analyze.ExecuteNonQueryAsync();
    }

    private static readonly string[] Statements =
    [
        $"""
        INSERT INTO simulations (name, description, pattern_type, status, mec_id, latest_execution_status, created_at, updated_at)
        SELECT 'load ' || n, description, pattern_type, 'PENDING', mec_id, (ARRAY['COMPLETED', 'FAILED', 'STOPPED'])[1 + n % 3],
               created_at - n * interval '1 minute', created_at
        FROM simulations, generate_series(1, {Simulations}) n WHERE id = @simulation
        """,
        """
        INSERT INTO simulation_groups (simulation_id, template_id, autonomous_agent_count, execution_time, repeat_count, playback, group_name, assigned_area)
        SELECT s.id, template_id, 10, execution_time, repeat_count, playback, group_name, assigned_area
        FROM simulation_groups g, simulations s WHERE g.simulation_id = @simulation AND s.id <> @simulation
        """,
        $"""
        INSERT INTO executions (simulation_id, pattern_type, status, plan, message, overall_progress, messages_out, messages_dropped,
                                created_at, last_updated, started_at, ended_at)
        SELECT s.id, e.pattern_type, s.latest_execution_status, e.plan, e.message, 100, 1000, 0,
               s.created_at + n * interval '1 second', s.created_at + n * interval '1 second', s.created_at, s.created_at + interval '1 minute'
        FROM executions e, simulations s, generate_series(1, {ExecutionsPerSimulation}) n WHERE e.id = @execution AND s.id <> @simulation
        """,
        """
        UPDATE simulations s SET latest_execution_id = latest.id
        FROM (SELECT simulation_id, max(id) AS id FROM executions GROUP BY 1) latest WHERE latest.simulation_id = s.id AND s.id <> @simulation
        """,
        """
        INSERT INTO execution_parts (execution_id, number, status, progress, autonomous_agents, current_repeat, total_repeats, messages_planned,
                                     messages_out, messages_dropped, paused_seconds, started_at, ended_at)
        SELECT e.id, p.number, e.status, 100, 10, 1, 1, 1000, 1000, 0, 0, e.started_at, e.ended_at
        FROM execution_parts p, executions e WHERE p.execution_id = @execution AND e.id <> @execution
        """,
        $"""
        INSERT INTO execution_instances (execution_id, instance_id, part_number, status, repeats_completed, messages_out,
                                         lateness_p50, lateness_p99, lateness_p999, lateness_max, messages_dropped)
        SELECT p.execution_id, n, p.number, p.status, 1, 100, 50, 400, 900, 1200, 0
        FROM execution_parts p, generate_series(1, {InstancesPerExecution}) n WHERE p.execution_id <> @execution
        """,
    ];
}
